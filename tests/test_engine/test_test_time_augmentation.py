"""Tests with several views of each image."""
import copy
import pickle

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner import save_checkpoint
from narrow import shrink
from toy_runs import forget_runs

from mmfermtl.apis import UserError, run_test
from mmfermtl.models import AverageScoreTTA
from mmfermtl.registry import MODELS
from mmfermtl.structures import ExpressionDataSample


@pytest.fixture
def untrained(work_dir, few_ckplus48):
    """A config's maker, and a checkpoint for it of random weights."""

    def make(name='fermtl_ckplus48.py'):
        cfg = shrink(name, work_dir, few_ckplus48)
        init_default_scope(cfg.get('default_scope'))
        torch.manual_seed(3)
        model = MODELS.build(copy.deepcopy(cfg.model))
        path = f'{work_dir}/random.pth'
        save_checkpoint(dict(state_dict=model.state_dict()), path)
        return cfg, path

    return make


def outcome(cfg, checkpoint, **options):
    """Metrics of a test, and its predictions."""
    forget_runs()
    out = f'{cfg.work_dir}/out.pkl'
    metrics = run_test(copy.deepcopy(cfg), checkpoint, out=out, **options)
    with open(out, 'rb') as file:
        return metrics, pickle.load(file)


def scores(predictions):
    """All probabilities, ``(N, E)``."""
    return torch.stack([sample['pred_score'] for sample in predictions])


@pytest.mark.parametrize(
    'name', ['fermtl_ckplus48.py', 'mmpretrain_classifier_ckplus48.py'])
def test_mean_over_the_image_and_its_mirror_image(untrained, name):
    cfg, checkpoint = untrained(name)
    plain, one = outcome(cfg, checkpoint)
    mirror = copy.deepcopy(cfg)
    mirror.test_dataloader.dataset.pipeline.insert(
        -1, dict(type='mmpretrain.RandomFlip', prob=1.))
    _, other = outcome(mirror, checkpoint)
    assert not torch.allclose(scores(one), scores(other), atol=1e-5)
    both, merged = outcome(cfg, checkpoint, tta=True)
    wanted = (scores(one) + scores(other)) / 2
    torch.testing.assert_close(scores(merged), wanted)
    assert [int(s['pred_label']) for s in merged] == wanted.argmax(1).tolist()
    generated = [key for key in plain if key.startswith('synthesis/')]
    assert bool(generated) == name.startswith('fermtl')
    # Generated images are those of the image as it is.
    assert [both[key] for key in generated
            ] == pytest.approx([plain[key] for key in generated])


class Classifier(BaseModel):
    """A model of the type that MMEngine can wrap."""

    def forward(self, *args, **kwargs):
        raise NotImplementedError


def test_the_label_follows_the_mean():
    views = [
        ExpressionDataSample().set_gt_label(1).set_pred_score(row)
        for row in ([.5, .3, .2], [.0, .6, .4])
    ]
    views[0].set_pred_label(0)
    merged, = AverageScoreTTA(Classifier()).merge_preds([views])
    assert (int(merged.pred_label), int(merged.gt_label)) == (1, 1)
    assert int(views[0].pred_label) == 0


def test_the_config_decides(untrained):
    cfg, checkpoint = untrained()
    _, plain = outcome(cfg, checkpoint)
    cfg.tta_model = dict(type='mmpretrain.AverageClsScoreTTA')
    *before, pack = cfg.test_dataloader.dataset.pipeline
    same = dict(type='mmpretrain.RandomFlip', prob=0.)
    cfg.tta_pipeline = [
        *before,
        dict(
            type='mmengine.TestTimeAug',
            transforms=[[same, same, same], [pack]])
    ]
    _, merged = outcome(cfg, checkpoint, tta=True)
    torch.testing.assert_close(scores(merged), scores(plain))


def test_a_set_without_pipeline_is_refused(untrained):
    cfg, checkpoint = untrained()
    inner = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = dict(
        type='mmengine.ConcatDataset', datasets=[inner])
    with pytest.raises(UserError, match='ConcatDataset without a pipeline'):
        run_test(cfg, checkpoint, tta=True)


def test_a_model_without_head_is_refused(untrained):
    cfg, checkpoint = untrained('fes_ckplus48.py')
    with pytest.raises(ValueError, match='no pred_score to average'):
        run_test(cfg, checkpoint, tta=True)
