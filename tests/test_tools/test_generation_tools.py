"""synthesize and score_synthesis from the command line."""
import json
import os.path as osp
import runpy
import sys

import numpy as np
import pytest
import torch
from generation_runs import trained
from mmengine.config import Config
from narrow import CONFIGS

from mmfermtl.datasets import GeneratedFaces
from mmfermtl.models import FaceApiResNet

TOOLS = osp.join(
    osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__)))), 'tools')


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Run a tool in this process."""

    def run(name, *args):
        path = osp.join(TOOLS, name)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        runpy.run_path(path, run_name='__main__')

    return run


@pytest.fixture
def files(few_ckplus48, tmp_path):
    """Paths of configs and checkpoints of a generator and a classifier."""
    paths = []
    for name in ('fermtl_ckplus48.py', 'fer_ckplus48.py'):
        cfg, checkpoint = trained(name, tmp_path / f'{name}.pth', few_ckplus48)
        paths.append(str(tmp_path / name))
        cfg.dump(paths[-1])
        paths.append(checkpoint)
    return paths


def test_a_set_and_its_scores(tool, files, tmp_path, capsys):
    args = (*files[:2], '--out', 'set', '--per-class', 2, '--batch-size', 4)
    new = ('--classifier-config', files[2], '--classifier-checkpoint',
           files[3], '--min-agreement', 0)
    tool('synthesize.py', *args, *new)
    assert '14 images generated' in capsys.readouterr().out
    faces = GeneratedFaces(str(tmp_path / 'set'), fold=0)
    assert np.bincount(faces.get_gt_labels()).tolist() == [2] * 7
    old = [str(arg).replace('--classifier', '--judge') for arg in new]
    with pytest.warns(FutureWarning, match='use --classifier-config'):
        tool('synthesize.py', *args, *old)
    assert 'nothing to do' in capsys.readouterr().out

    tool('score_synthesis.py', *files, '--out', 'scores.json')
    printed = capsys.readouterr().out
    assert 'generated as (row) and classified as (column)' in printed
    with open(tmp_path / 'scores.json', encoding='utf-8') as file:
        scores = json.load(file)
    assert scores['classes'] == list(faces.CLASSES)
    assert f'{scores["metrics"]["expression/score"]:.2f} %' in printed


def test_all_scores_by_a_network_from_outside(tool, files, tmp_path, capsys):
    pytest.importorskip('torchmetrics')
    cfg = Config.fromfile(files[0])
    cfg.test_dataloader.dataset.indices = [0, 3, 6, 9]
    cfg.dump(files[0])
    embedder = str(tmp_path / 'faces.pth')
    torch.save(FaceApiResNet().state_dict(), embedder)
    tool('score_synthesis.py', *files, '--fold', 0, '--all',
         '--embedder-config',
         osp.join(CONFIGS, '_base_', 'models', 'face_api_embedder.py'),
         '--embedder-checkpoint', embedder, '--out', 'scores.json')
    printed = capsys.readouterr().out
    assert 'sharpness/mouth_by_class' in printed
    assert 'classifier trained on CKPlus48, 7 classes' in printed
    with open(tmp_path / 'scores.json', encoding='utf-8') as file:
        metrics = json.load(file)['metrics']
    assert metrics['distribution_FaceApiResNet/generated'] == 28
    assert {
        'distribution_FaceApiResNet/KID', 'identity/score_changed',
        'region/mouth_SSIM', 'sharpness/eyes'
    } <= set(metrics)
    assert len(metrics['sharpness/mouth_by_class']) == 7
