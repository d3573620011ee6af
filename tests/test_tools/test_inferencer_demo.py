"""The demo of the inferencer in the form of OpenMMLab."""
import os.path as osp
import runpy
import sys

import cv2
import pytest
from fake_faces import picture
from tiny_weights import CLASSES, write_weights

TOOL = osp.join(
    osp.dirname(osp.abspath(__file__)), '..', '..', 'tools',
    'inferencer_demo.py')


def test_pictures_are_named_with_what_was_read(tmp_path, monkeypatch, capsys):
    (tmp_path / 'in').mkdir()
    cv2.imwrite(str(tmp_path / 'in' / 'a.png'), picture((10, 20, 60, 250)))
    (tmp_path / 'in' / 'b.png').write_text('no picture')
    weights = write_weights(str(tmp_path / 'tiny.safetensors'))
    out = str(tmp_path / 'out')
    monkeypatch.setattr(sys, 'argv', [
        'tools/inferencer_demo.py',
        str(tmp_path / 'in'), '--model', weights, '--device', 'cpu', '--faces',
        'whole', '--vis-out-dir', out, '--pred-out-dir', out
    ])
    runpy.run_path(TOOL, run_name='__main__')
    first, second = capsys.readouterr().out.splitlines()
    name = first.split()[1]
    assert first.startswith('a.png: ') and name in CLASSES
    assert second.startswith('b.png: error ')
    assert osp.isfile(osp.join(out, 'a.png'))


def test_wrong_use_is_a_message(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, 'argv',
        ['tools/inferencer_demo.py', 'missing.png', '--model', 'nothing'])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(TOOL, run_name='__main__')
    assert end.value.code == 2 and 'error: ' in capsys.readouterr().err
