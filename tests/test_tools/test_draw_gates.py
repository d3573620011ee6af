"""draw_gates from the command line."""
import os.path as osp
import runpy
import sys

import pytest
import torch
from narrow import CONFIGS, load_leaf, narrow_model

from mmfermtl.registry import MODELS

TOOL = osp.join(osp.dirname(CONFIGS), 'tools', 'draw_gates.py')


def run_tool(monkeypatch, *args) -> None:
    monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, args)])
    runpy.run_path(TOOL, run_name='__main__')


def test_draw_gates(tmp_path, monkeypatch, capsys):
    cfg = load_leaf('fermtl_synthetic.py')
    narrow_model(cfg)
    config, checkpoint = tmp_path / 'narrow.py', tmp_path / 'epoch_1.pth'
    cfg.test_dataloader.dataset.num_subjects = 10
    cfg.test_dataloader.dataset.indices = 7
    cfg.dump(str(config))
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), checkpoint)
    out = tmp_path / 'pictures'
    run_tool(monkeypatch, config, checkpoint, '--out', out, '--fold', 1,
             '--images', 2)
    text = capsys.readouterr().out
    assert 'point 2 FER to FES z' in text
    assert f'written: {out}/gates_mean.png' in text
    assert sorted(p.name for p in out.iterdir()) == [
        'gates_faces.png', 'gates_mean.png'
    ]
    with pytest.raises(SystemExit) as end:
        run_tool(monkeypatch, config, tmp_path / 'no.pth', '--out', out)
    assert end.value.code == 2
    assert 'no.pth' in capsys.readouterr().err
