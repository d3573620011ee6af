"""benchmark from the command line."""
import json
import os.path as osp
import runpy
import sys

from narrow import CONFIGS, load_leaf, narrow_model

TOOL = osp.join(osp.dirname(CONFIGS), 'tools', 'benchmark.py')


def test_benchmark(tmp_path, monkeypatch, capsys):
    """Print a line a variant, and write all measurements."""
    cfg = load_leaf('fermtl_ckplus48.py')
    narrow_model(cfg)
    config, out = tmp_path / 'narrow.py', tmp_path / 'speed.json'
    cfg.dump(str(config))
    args = '--variants float32 amp --steps 2 --warmup 1 --out'.split()
    options = ['--cfg-options', 'train_dataloader.batch_size=2']
    monkeypatch.setattr(sys, 'argv',
                        [TOOL, str(config), *args,
                         str(out), *options])
    runpy.run_path(TOOL, run_name='__main__')
    text = capsys.readouterr().out
    assert '2 images a training step, 64 a test step' in text
    lines = text.splitlines()[-2:]
    assert [line.split()[0] for line in lines] == ['float32', 'amp']
    result = json.loads(out.read_text())
    measured = result['measured']
    assert [len(one['train']['seconds']) for one in measured] == [2, 2]
    assert [len(one['losses']) for one in measured] == [3, 3]
    assert result['hardware']['threads'] == 1
    assert result['summary'][0]['loss_change'] == 0
