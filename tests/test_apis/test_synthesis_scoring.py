"""The score of an independent classifier."""
import pytest
import torch
from narrow import load_leaf, narrow_model
from torch import nn

from mmfermtl.apis import UserError
from mmfermtl.apis.synthesis_scoring import (load_model, score_from_files,
                                             score_synthesis)
from mmfermtl.registry import DATASETS, MODELS
from mmfermtl.structures import ExpressionDataSample


class Painter(nn.Module):
    """Paints the target's number as brightness, class 2 as class 0."""
    network = nn.Module()
    network.generator = nn.Identity()

    def predict(self, inputs, synthesis=None):
        fakes = torch.tensor([0, 1, 0, 3, 4, 5, 6], dtype=torch.uint8)
        fakes = fakes.view(7, 1, 1, 1).expand(-1, *inputs.shape[1:])
        return [ExpressionDataSample(fake_imgs=fakes.clone()) for _ in inputs]


class Judge(nn.Module):
    """Reads brightness; a real face is always read as class 3."""

    def predict(self, faces, synthesis=None):
        level = ((faces + 1) * 127.5).round()
        out = []
        for face in level:
            label = int(face[0, 0, 0]) if face.std() < 1e-3 else 3
            out.append(ExpressionDataSample().set_pred_label(label))
        return out


def drawn_set():
    cfg = load_leaf('fermtl_synthetic.py').test_dataloader.dataset
    cfg.num_subjects = 10
    return DATASETS.build(cfg)


def test_score_and_ceiling():
    dataset = drawn_set()
    score = score_synthesis(Painter(), Judge(), dataset, batch_size=10)
    assert score.confusion.sum() == 7 * len(dataset)
    assert score.confusion[2, 0] == len(dataset)
    assert score.expression_score == pytest.approx(600 / 7)
    assert score.real_accuracy == pytest.approx(100 / 7)


def test_from_files(tmp_path):
    paths = []
    cfgs = [load_leaf(f'{n}_synthetic.py') for n in ('fermtl', 'fer')]
    for k, cfg in enumerate(cfgs):
        narrow_model(cfg)
        cfg.test_dataloader.dataset.num_subjects = 10
        paths.append(str(tmp_path / f'{k}.pth'))
        torch.save(
            dict(state_dict=MODELS.build(cfg.model).state_dict()), paths[k])
    score = score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
    assert 0 <= score.expression_score <= 100
    with pytest.raises(UserError, match='no generator'):
        score_from_files(cfgs[1], paths[1], cfgs[1], paths[1])
    cfgs[1].test_dataloader.dataset.fold = 1
    with pytest.raises(UserError, match='may know the test subjects'):
        score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
    with pytest.raises(ValueError, match='0.pth'):
        load_model(cfgs[1], paths[0])
