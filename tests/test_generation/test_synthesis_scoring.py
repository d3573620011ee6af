"""The score of an independent classifier."""
import pytest
import torch
from narrow import load_leaf, narrow_model
from toy_generators import ToyClassifier, ToyGenerator

from mmfermtl.apis import UserError
from mmfermtl.engine.checkpoints.model_loading import load_model
from mmfermtl.generation.synthesis_scoring import (score_from_files,
                                                   score_synthesis)
from mmfermtl.registry import DATASETS, MODELS


def rendered_set():
    cfg = load_leaf('fermtl_synthetic.py').test_dataloader.dataset
    cfg.num_subjects = 10
    return DATASETS.build(cfg)


def test_score_and_ceiling():
    """Class 2 is painted as class 0."""
    dataset = rendered_set()
    score = score_synthesis(
        ToyGenerator([0, 1, 0, 3, 4, 5, 6]),
        ToyClassifier(),
        dataset,
        batch_size=10)
    assert score.confusion.sum() == 7 * len(dataset)
    assert score.confusion[2, 0] == len(dataset)
    assert score.expression_score == pytest.approx(600 / 7)
    assert score.real_accuracy == pytest.approx(100 / 7)
    assert score.metrics['expression/score_changed'] == pytest.approx(600 / 7)


def test_all_metrics_together():
    dataset = rendered_set()
    metrics = [
        dict(type='mmfermtl.SynthesisMetric'),
        dict(type='mmfermtl.CycleError'),
        dict(type='mmfermtl.IdentityScore'),
        dict(
            type='mmfermtl.IntensityMonotonicity', classifier=ToyClassifier()),
    ]
    found = score_synthesis(
        ToyGenerator(), ToyClassifier(), dataset, metrics=metrics).metrics
    assert found['cycle/images'] == found['intensity/sweeps'] == 6 * len(
        dataset)
    # The brightness of a mixture lies between, and so does its class.
    assert found['intensity/spearman'] > 0.9
    assert found['synthesis/pairs'] == len(dataset)
    assert not any(key.startswith('identity') for key in found)


@pytest.fixture
def files(tmp_path):
    """Configs and bare weights of a painter and of a judge."""
    paths = []
    cfgs = [load_leaf(f'{n}_synthetic.py') for n in ('fermtl', 'fer')]
    for k, cfg in enumerate(cfgs):
        narrow_model(cfg)
        cfg.test_dataloader.dataset.num_subjects = 10
        cfg.train_dataloader.dataset.num_subjects = 10
        paths.append(str(tmp_path / f'{k}.pth'))
        torch.save(
            dict(state_dict=MODELS.build(cfg.model).state_dict()), paths[k])
    return cfgs, paths


def test_from_files(files):
    cfgs, paths = files
    score = score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
    assert 0 <= score.expression_score <= 100
    with pytest.raises(UserError, match='no generator'):
        score_from_files(cfgs[1], paths[1], cfgs[1], paths[1])
    cfgs[1].test_dataloader.dataset.fold = 1
    with pytest.raises(UserError, match='may know the test subjects'):
        score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
    with pytest.raises(ValueError, match='0.pth'):
        load_model(cfgs[1], paths[0])


def test_what_a_checkpoint_records_counts(files):
    """The configs agree, but the judge's weights are of another fold."""
    cfgs, paths = files
    loaded = torch.load(paths[1])
    text = cfgs[1].pretty_text.replace('fold=0', 'fold=2')
    torch.save(dict(loaded, meta=dict(cfg=text)), paths[1])
    with pytest.raises(ValueError, match='judge.*fold: 2 there, 0 here'):
        score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
