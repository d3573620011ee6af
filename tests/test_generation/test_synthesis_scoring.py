"""Scores of generated images."""
import pytest
import torch
from narrow import load_leaf, narrow_model
from toy_generators import ToyClassifier, ToyGenerator

from mmfermtl.apis import UserError
from mmfermtl.engine.checkpoints.model_loading import load_model
from mmfermtl.evaluation import ExpressionScore, IntensityMonotonicity
from mmfermtl.generation import evaluate_synthesis, score_from_files
from mmfermtl.registry import DATASETS, MODELS


def rendered_set():
    cfg = load_leaf('fermtl_synthetic.py').test_dataloader.dataset
    cfg.num_subjects = 10
    return DATASETS.build(cfg)


def test_score_and_ceiling():
    """Class 2 is generated as class 0."""
    dataset = rendered_set()
    metrics = evaluate_synthesis(
        ToyGenerator([0, 1, 0, 3, 4, 5, 6]),
        dataset, [ExpressionScore(ToyClassifier())],
        batch_size=10)
    confusion = metrics['expression/confusion']
    assert sum(map(sum, confusion)) == 7 * len(dataset)
    assert confusion[2][0] == len(dataset)
    assert metrics['expression/score'] == pytest.approx(600 / 7)
    assert metrics['expression/ceiling'] == pytest.approx(100 / 7)
    assert metrics['expression/score_changed'] == pytest.approx(600 / 7)


def test_a_generator_of_other_classes():
    """They are matched by name, whatever their order."""
    dataset = rendered_set()
    classes = dataset.metainfo['classes']
    known = ['neutral', *reversed(classes)]
    levels = [99, *reversed(range(7))]
    metrics = [
        ExpressionScore(ToyClassifier()),
        dict(type='mmfermtl.CycleError'),
        IntensityMonotonicity(ToyClassifier())
    ]
    found = evaluate_synthesis(
        ToyGenerator(levels), dataset, metrics, known=known)
    same = evaluate_synthesis(ToyGenerator(), dataset, metrics)
    assert found['expression/score'] == 100
    assert found == same
    with pytest.raises(UserError, match='knows sadness, but not .*fear'):
        evaluate_synthesis(ToyGenerator(), dataset, metrics, known=['sadness'])


def test_published_weights():
    """Eight classes, on a set of seven in another order."""
    cfg = load_leaf('fermtl_synthetic.py')
    # The first of those that were held out for the weights.
    cfg.test_dataloader.dataset.update(num_subjects=100, indices=14)
    found = score_from_files(cfg, 'fermtl_tiny_ferplus', cfg,
                             'fer_tiny_ferplus')
    assert found['classifier']['classes'][0] == 'neutral'
    metrics = found['metrics']
    # Rendered faces of unseen subjects; chance has 14 %.
    assert metrics['expression/score_changed'] > 30
    cfg.test_dataloader.dataset.update(num_subjects=10, indices=None)
    with pytest.raises(ValueError, match='SyntheticFaces/F005'):
        score_from_files(cfg, 'fermtl_tiny_ferplus', cfg, 'fer_tiny_ferplus')
    next(step for step in cfg.test_dataloader.dataset.pipeline
         if 'size' in step).size = 32
    with pytest.raises(ValueError, match='32 x 32'):
        score_from_files(cfg, 'fermtl_tiny_ferplus', cfg, 'fer_tiny_ferplus')


def test_all_metrics_together():
    dataset = rendered_set()
    metrics = [
        dict(type='mmfermtl.SynthesisMetric'),
        dict(type='mmfermtl.CycleError'),
        dict(type='mmfermtl.IdentityScore'),
        IntensityMonotonicity(ToyClassifier()),
    ]
    found = evaluate_synthesis(ToyGenerator(), dataset, metrics)
    assert found['cycle/images'] == found['intensity/sweeps'] == 6 * len(
        dataset)
    # The brightness of a mixture is in between, and so is its class.
    assert found['intensity/spearman'] > 0.9
    assert found['synthesis/pairs'] == len(dataset)
    assert not any(key.startswith('identity') for key in found)


@pytest.fixture
def files(tmp_path):
    """Configs and bare weights of a generator and of a classifier."""
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
    assert len(score['classes']) == 7
    assert 0 <= score['metrics']['expression/score'] <= 100
    with pytest.raises(UserError, match='no generator'):
        score_from_files(cfgs[1], paths[1], cfgs[1], paths[1])
    cfgs[1].test_dataloader.dataset.fold = 1
    with pytest.raises(UserError, match='may know the test subjects'):
        score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
    with pytest.raises(ValueError, match='0.pth'):
        load_model(cfgs[1], paths[0])


def test_the_fold_that_a_checkpoint_records(files):
    """The configs agree, but the weights are of another fold."""
    cfgs, paths = files
    loaded = torch.load(paths[1])
    text = cfgs[1].pretty_text.replace('fold=0', 'fold=2')
    torch.save(dict(loaded, meta=dict(cfg=text)), paths[1])
    with pytest.raises(ValueError, match='classifier.*fold: 2 there, 0 here'):
        score_from_files(cfgs[0], paths[0], cfgs[1], paths[1])
