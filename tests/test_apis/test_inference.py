"""What is called from Python."""
import copy

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import save_checkpoint
from narrow import shrink

from mmfermtl.apis import load_model, predict_faces
from mmfermtl.engine import build_trained_model
from mmfermtl.registry import MODELS


def test_a_saved_model_classifies_faces(work_dir):
    cfg = shrink('fer_synthetic.py', work_dir, '')
    init_default_scope('mmpretrain')
    model = MODELS.build(copy.deepcopy(cfg.model))
    path = f'{work_dir}/random.pth'
    save_checkpoint(dict(state_dict=model.state_dict()), path)
    config = f'{work_dir}/config.py'
    cfg.dump(config)
    loaded = load_model(cfg, path)
    trained = build_trained_model(config, path)
    for found in (loaded, trained):
        assert not found.training
        # As a runner does with the model that has it as a part.
        found.init_weights()
        for name, value in model.state_dict().items():
            assert torch.equal(found.state_dict()[name], value)
    rng = np.random.default_rng(0)
    faces = [rng.integers(0, 255, (48, 48), np.uint8) for _ in range(3)]
    found = predict_faces(cfg, path, faces, batch_size=2)
    assert len(found) == 3
    path_of_face = f'{work_dir}/face.png'
    cv2.imwrite(path_of_face, faces[0])
    (one, ) = predict_faces(cfg, path, path_of_face)
    # Batches of another size may differ in the last digits.
    assert torch.allclose(one.pred_score, found[0].pred_score, atol=1e-5)
    with pytest.raises(ValueError, match=r'face 1: found the shape \(3, 48'):
        predict_faces(cfg, path, [faces[0], np.zeros((3, 48, 48), np.uint8)])
    for sample in found:
        assert float(sample.pred_score.sum()) == pytest.approx(1, abs=1e-5)
