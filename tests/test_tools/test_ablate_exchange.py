"""ablate_exchange from the command line."""
import os.path as osp
import runpy
import sys

import pytest
import torch
from narrow import CONFIGS, load_leaf, narrow_model
from toy_folds import train_here, write_config
from toy_runs import read_json

from mmfermtl.analysis.cross_validation import cross_validate, list_runs
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder
from mmfermtl.apis import load_config
from mmfermtl.registry import MODELS

TOOL = osp.join(osp.dirname(CONFIGS), 'tools', 'ablate_exchange.py')


def run_tool(monkeypatch, *args) -> None:
    monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, args)])
    runpy.run_path(TOOL, run_name='__main__')


def refused(monkeypatch, capsys, *args) -> str:
    with pytest.raises(SystemExit) as end:
        run_tool(monkeypatch, *args)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_checkpoint(tmp_path, monkeypatch, capsys):
    cfg = load_leaf('fermtl_synthetic.py')
    narrow_model(cfg)
    cfg.test_dataloader.dataset.num_subjects = 20
    config, checkpoint = tmp_path / 'narrow.py', tmp_path / 'epoch_1.pth'
    cfg.dump(str(config))
    torch.save(
        dict(state_dict=MODELS.build(cfg.model).state_dict()), checkpoint)
    out = tmp_path / 'numbers.json'
    run_tool(monkeypatch, config, checkpoint, '--fold', 1, '--out', out)
    text = capsys.readouterr().out
    numbers = read_json(out)
    assert len(
        numbers['runs']) == 1 and numbers['runs'][0]['of'] == str(checkpoint)
    assert f'{numbers["pooled"]["images"]} images;' in text
    assert 'classified as that expression' in text
    assert 'found' in refused(monkeypatch, capsys, config)
    assert '--out' in refused(monkeypatch, capsys, config, checkpoint, '--out',
                              checkpoint / 'no.json')
    assert 'no.pth' in refused(monkeypatch, capsys, config,
                               tmp_path / 'no.pth')


def test_study(tmp_path, monkeypatch, capsys):
    config = write_config(
        tmp_path, sharing="dict(type='mmfermtl.NDDR')", max_epochs='1')
    path = tmp_path / 'study'
    study = StudyFolder.open(str(path), load_config(config), 3, False)
    train_here(study, list_runs([0], [0, 1], 'no'))
    cross_validate(load_config(config), str(path), train=False)
    out = tmp_path / 'numbers.json'
    run_tool(monkeypatch, path, '--config', config, '--out', out)
    text = capsys.readouterr().out
    assert 'seed 0, fold 1: ' in text
    numbers = read_json(out)
    assert [run['of'] for run in numbers['runs']
            ] == ['seed 0, fold 0', 'seed 0, fold 1']
    for name, total in numbers['pooled'].items():
        assert total == sum(run[name] for run in numbers['runs'])
    assert 'leave out --fold' in refused(monkeypatch, capsys, path, '--fold',
                                         0)
    assert 'leave out x.pth' in refused(monkeypatch, capsys, path, 'x.pth')
    assert '--config FILE' in refused(monkeypatch, capsys, path)
