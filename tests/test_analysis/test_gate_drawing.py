"""Gates of a checkpoint, and their pictures."""
import json
import os.path as osp

import cv2
import numpy as np
import pytest
import torch
from narrow import load_leaf, narrow_model

from mmfermtl.analysis.gate_drawing import collect_gates, draw_gates
from mmfermtl.apis import UserError
from mmfermtl.registry import DATASETS, MODELS


def saved(tmp_path, name='fermtl_synthetic.py', **backbone):
    """A config with few images, and a checkpoint of random weights."""
    cfg = load_leaf(name)
    narrow_model(cfg)
    if backbone:
        cfg.model.network.backbone.update(backbone)
    dataset = cfg.test_dataloader.dataset
    dataset.num_subjects, dataset.indices = 10, 9
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    path = str(tmp_path / 'epoch_1.pth')
    torch.save(dict(state_dict=model.state_dict()), path)
    return cfg, path, model


def test_gates_of_all_images(tmp_path):
    cfg, _, model = saved(tmp_path)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    found = collect_gates(model, dataset, batch_size=4)
    assert found.images.shape == (9, 48, 48, 1)
    titles = [' '.join(t.split('\n')) for t in found.maps]
    assert titles == [
        f'point {k} {way} {gate}' for k in (1, 2)
        for way in ('FES to FER', 'FER to FES') for gate in 'rz'
    ]
    shapes = [values.shape for values in found.maps.values()]
    assert shapes == [(9, 12, 12)] * 4 + [(9, 6, 6)] * 4
    # A single image gives the same map, by the equations of the unit.
    seen = []
    unit = model.network.backbone.sharing[1]
    unit.register_forward_hook(
        lambda unit, args, out: seen.append(unit.gates(*args)))
    inputs = model.data_preprocessor(
        dict(inputs=[dataset[7]['inputs']]), False)['inputs']
    with torch.no_grad():
        model.network.backbone(inputs)
    want = seen[0]['to_fes'].update[0].mean(dim=0)
    np.testing.assert_allclose(
        found.maps['point 2\nFER to FES\nz'][7], want, rtol=1e-4)
    mean, std = found.spread['point 2\nFER to FES\nz']
    assert mean == pytest.approx(
        found.maps['point 2\nFER to FES\nz'].mean(), rel=1e-5)
    assert 0 < std < 0.5


def test_gates_of_the_figure_of_2021(tmp_path):
    """Three points, as large as the blocks before their pooling."""
    cfg, path, model = saved(tmp_path, 'fermtl_figure_synthetic.py')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    found = collect_gates(model, dataset)
    shapes = [values.shape for values in found.maps.values()]
    assert shapes == [(9, s, s) for s in (48, 24, 12) for _ in range(4)]
    result = draw_gates(cfg, path, str(tmp_path / 'out'), images=2)
    assert len(result['files']) == 2


def test_pictures(tmp_path):
    cfg, path, _ = saved(tmp_path)
    out = str(tmp_path / 'out')
    result = draw_gates(cfg, path, out, images=3)
    assert [osp.basename(f)
            for f in result['files']] == ['gates_faces.png', 'gates_mean.png']
    heights = [cv2.imread(f).shape[0] for f in result['files']]
    # Three images; the mean of all and of each expression.
    assert heights[0] < heights[1]
    numbers = dict(r_mean=0.5, r_std=0.1, z_mean=0.5, z_std=0.1)
    rows = [
        dict(iter=k, epoch=1, points=[dict(to_fer=numbers)]) for k in (1, 2)
    ]
    (tmp_path / 'gates.json').write_text(json.dumps(rows))
    result = draw_gates(cfg, path, out)
    assert osp.basename(result['files'][-1]) == 'gates_history.png'
    assert cv2.imread(result['files'][-1]) is not None


def test_fer_branch_with_units(tmp_path):
    """Without synthesis the last point has one direction."""
    cfg, path, _ = saved(
        tmp_path,
        'fer_synthetic.py',
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1))
    result = draw_gates(cfg, path, str(tmp_path / 'out'), images=2)
    assert len(result['spread']) == 6


def test_user_errors(tmp_path):
    cfg, path, _ = saved(tmp_path, sharing=dict(type='mmfermtl.NDDR'))
    out = str(tmp_path / 'out')
    with pytest.raises(UserError, match='have no gates'):
        draw_gates(cfg, path, out)
    with pytest.raises(UserError, match='no such file'):
        draw_gates(cfg, path, out, history=str(tmp_path / 'none.json'))
    with pytest.raises(UserError, match='--images 0'):
        draw_gates(cfg, path, out, images=0)
    for text, words in (('[{"step": 1}]', r'lacks \[0\].iter'),
                        ('{}', 'found {}, expected a list'),
                        ('[{"iter": 1, "points": [{"to_fer": 1}]}]',
                         r'points\[0\].to_fer 1, expected an object'),
                        ('[{"iter": 1, "points": [{}]},'
                         '{"iter": 2, "points": []}]', 'other exchange')):
        (tmp_path / 'gates.json').write_text(text)
        with pytest.raises(ValueError, match=f'gates.json: .*{words}'):
            draw_gates(cfg, path, out)
    assert not osp.exists(out)


def test_a_folder_that_cannot_be_made(tmp_path):
    cfg, path, _ = saved(tmp_path)
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='cannot write there .Not a directory'):
        draw_gates(cfg, path, str(tmp_path / 'file' / 'out'))
