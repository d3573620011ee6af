"""mmpretrain's own tools and APIs on our configs."""
import inspect
import os.path as osp
import re
import runpy
import sys
from glob import glob

import cv2
import mmpretrain
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmengine.runner import save_checkpoint
from narrow import LEAVES, load_leaf, shrink

from mmfermtl.registry import MODELS

TOOLS = osp.join(osp.dirname(mmpretrain.__file__), '.mim', 'tools')
LEAF = pytest.mark.parametrize('name',
                               ['fer_synthetic.py', 'fermtl_synthetic.py'])


def find_tool(tool):
    """Path of a tool of mmpretrain."""
    path = osp.join(TOOLS, tool)
    if not osp.isfile(path):
        pytest.skip(f'this mmpretrain comes without its tools: no {path}')
    return path


def run_tool(monkeypatch, tool, *args):
    """Run a tool of mmpretrain in this process."""
    path = find_tool(tool)
    monkeypatch.setattr(sys, 'argv', [path, *args])
    runpy.run_path(path, run_name='__main__')


def write_run(name, tmp_path):
    """A narrow config, weights for it, and a face: three paths."""
    cfg = shrink(name, tmp_path / 'work_dir', '')
    config, checkpoint = str(tmp_path / name), str(tmp_path / 'weights.pth')
    cfg.dump(config)
    init_default_scope('mmpretrain')
    save_checkpoint(
        dict(state_dict=MODELS.build(cfg.model).state_dict()), checkpoint)
    face = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    cv2.imwrite(str(tmp_path / 'face.png'), face)
    return config, checkpoint, str(tmp_path / 'face.png')


@pytest.mark.parametrize('name', LEAVES)
def test_loaders_say_whether_workers_persist(name):
    """mmpretrain's train.py lets them, which PyTorch refuses without any."""
    cfg = load_leaf(name)
    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg[key]
        assert loader.persistent_workers == (loader.num_workers > 0), key


@LEAF
def test_train_and_test(name, tmp_path, monkeypatch):
    config, _, _ = write_run(name, tmp_path)
    run_tool(monkeypatch, 'train.py', config)
    checkpoint = str(tmp_path / 'work_dir' / 'epoch_1.pth')
    out = tmp_path / 'found.json'
    run_tool(monkeypatch, 'test.py', config, checkpoint, '--out', str(out),
             '--out-item', 'metrics')
    assert 'accuracy/top1' in out.read_text()


@pytest.mark.parametrize('name', [
    'fer_synthetic.py', 'fermtl_synthetic.py',
    'mmpretrain_classifier_ckplus48.py'
])
def test_get_flops(name, tmp_path, monkeypatch, capsys):
    """It always gives three channels."""
    config, _, _ = write_run(name, tmp_path)
    run_tool(monkeypatch, 'analysis_tools/get_flops.py', config, '--shape',
             '48')
    assert 'Flops: ' in capsys.readouterr().out


@LEAF
def test_vis_cam(name, tmp_path, monkeypatch):
    pytest.importorskip('pytorch_grad_cam', reason='needs grad-cam')
    config, checkpoint, face = write_run(name, tmp_path)
    layer = 'network.backbone.fer_stages.2'
    run_tool(monkeypatch, 'visualization/vis_cam.py', face, config, checkpoint,
             '--target-layers', layer, '--save-path', str(tmp_path / 'a.png'))
    assert cv2.imread(str(tmp_path / 'a.png')).shape == (48, 48, 3)


@LEAF
@pytest.mark.parametrize('stage', ['backbone', 'neck'])
def test_vis_tsne(name, stage, tmp_path, monkeypatch):
    manifold = pytest.importorskip(
        'sklearn.manifold', reason='needs scikit-learn')
    with open(find_tool('visualization/vis_tsne.py')) as file:
        wanted, = re.findall(r'(\w+)=args\.n_iter,', file.read())
    if wanted not in inspect.signature(manifold.TSNE).parameters:
        pytest.skip(f"mmpretrain's tool gives TSNE {wanted}, which this "
                    'scikit-learn does not take')
    config, checkpoint, _ = write_run(name, tmp_path)
    run_tool(monkeypatch, 'visualization/vis_tsne.py', config, '--checkpoint',
             checkpoint, '--vis-stage', stage, '--perplexity', '3', '--n-iter',
             '250', '--device', 'cpu')
    found, = glob(str(tmp_path / 'work_dir' / 'tsne_*' / 'feat_2.npy'))
    assert np.load(found).shape == (8, 4)
    assert osp.isfile(found.replace('.npy', '.png'))


@LEAF
def test_apis(name, tmp_path):
    """Paths and arrays, grey and colour, give the same."""
    from mmpretrain.apis import (FeatureExtractor,
                                 ImageClassificationInferencer, get_model)
    config, checkpoint, face = write_run(name, tmp_path)
    model = get_model(config, pretrained=checkpoint)
    assert model.get_layer_depth('network.head.fc.bias')
    faces = [face, cv2.imread(face), cv2.imread(face, cv2.IMREAD_GRAYSCALE)]
    read = ImageClassificationInferencer(config, checkpoint, device='cpu')
    scores = [row['pred_scores'] for row in read(faces)]
    extract = FeatureExtractor(config, checkpoint, device='cpu')
    for stage, shape in (('backbone', (4, 3, 3)), ('neck', (4, 3, 3)),
                         ('pre_logits', (4, ))):
        feats = extract(faces, stage=stage, batch_size=2)
        for feat, score in zip(feats, scores):
            last = feat if stage == 'pre_logits' else feat[-1]
            first = feats[0] if stage == 'pre_logits' else feats[0][-1]
            assert last.shape == shape and score.shape == (7, )
            np.testing.assert_allclose(last, first, atol=1e-5)
            np.testing.assert_allclose(score, scores[0], atol=1e-5)
