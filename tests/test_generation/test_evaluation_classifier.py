"""An evaluation classifier of another dataset than the model's."""
import copy

import pytest
import torch
from generation_runs import trained
from mmengine.registry import DefaultScope
from wild_trees import render_ferplus

from mmfermtl.apis import UserError
from mmfermtl.engine.checkpoints.training_facts import (FACTS_KEY,
                                                        TrainingFacts,
                                                        named_subjects)
from mmfermtl.generation import score_from_files
from mmfermtl.generation.evaluation_classifier import (
    load_classifier_config, load_evaluation_classifier)
from mmfermtl.generation.fold_agreement import (check_not_tested,
                                                scored_dataset, training_leaf)
from mmfermtl.registry import DATASETS


@pytest.fixture(scope='module')
def model(few_ckplus48, tmp_path_factory):
    """Config and checkpoint of a generator of seven classes, and its test."""
    cfg, path = trained('fermtl_ckplus48.py',
                        tmp_path_factory.mktemp('model') / 'a.pth',
                        few_ckplus48, 7)
    cfg.test_dataloader.dataset.indices = [0, 3, 6, 9]
    return cfg, path, DATASETS.build(cfg.test_dataloader.dataset)


@pytest.fixture(scope='module')
def ferplus(tmp_path_factory):
    """Config and checkpoint of a classifier of eight classes."""
    folder = tmp_path_factory.mktemp('ferplus')
    return trained('fer_ferplus.py', folder / 'b.pth',
                   render_ferplus(str(folder / 'data')), 8)


def with_facts(path, target, **facts):
    """Copy a checkpoint, with facts of its training."""
    loaded = torch.load(path)
    loaded['meta'][FACTS_KEY] = TrainingFacts(**facts).to_dict()
    torch.save(loaded, target)
    return str(target)


def test_eight_classes_score_seven(model, ferplus):
    scores = score_from_files(*model[:2], *ferplus)
    assert len(scores['classes']) == 7 and 'neutral' not in scores['classes']
    assert scores['classifier']['datasets'] == ['FERPlus']
    assert len(scores['classifier']['classes']) == 8
    metrics = scores['metrics']
    assert sum(map(sum, metrics['expression/confusion'])) == 7 * 4
    assert len(metrics['expression/confusion']) == 7


def test_classes_and_size_of_the_facts(model, ferplus, tmp_path):
    classes = [f'x{k}'
               for k in range(3)] + list(model[2].metainfo['classes'][:5])
    path = with_facts(
        ferplus[1],
        tmp_path / 'c.pth',
        classes=classes,
        datasets=[dict(type='FERPlus', space='FERPlus')])
    with pytest.raises(UserError, match='c.pth: .* but not sadness, surprise'):
        load_evaluation_classifier(model[0], ferplus[0], path, model[2])
    path = with_facts(
        ferplus[1],
        tmp_path / 'c.pth',
        classes=[*model[2].metainfo['classes'][::-1], 'x'],
        image_size=[40, 40])
    found = load_evaluation_classifier(model[0], ferplus[0], path, model[2])
    assert found.network.columns == [6, 5, 4, 3, 2, 1, 0]
    assert found.network.image_size == (40, 40)


def test_a_classifier_that_may_know_the_test(model, ferplus, tmp_path):
    subjects = sorted(named_subjects(model[2]))
    path = with_facts(ferplus[1], tmp_path / 'c.pth', subjects=subjects[:1])
    with pytest.raises(
            ValueError, match='evaluation classifier .*c.pth was trained on'):
        load_evaluation_classifier(model[0], ferplus[0], path, model[2])
    # Not it, but the one that it was initialised from.
    path = with_facts(
        ferplus[1],
        tmp_path / 'c.pth',
        initialised_from=[
            dict(
                name='old.pth',
                role='load_from',
                evidence='facts',
                subjects=subjects)
        ])
    with pytest.raises(ValueError, match='old.pth, which initialised'):
        score_from_files(*model[:2], ferplus[0], path)
    loaded = torch.load(ferplus[1])
    torch.save(dict(state_dict=loaded['state_dict']), tmp_path / 'bare.pth')
    with pytest.raises(UserError, match='bare.pth does not record'):
        score_from_files(*model[:2], ferplus[0], str(tmp_path / 'bare.pth'))


def test_another_distribution_of_the_same_subjects(model, tmp_path,
                                                   few_ckplus48):
    """CK+ and CK+48 name the same subjects, in other folds."""
    cfg, path = trained(
        'fermtl_ckplus.py', tmp_path / 'd.pth', few_ckplus48, 7, fold=3)
    with pytest.raises(ValueError, match='fold: 3 there, 0 here'):
        load_evaluation_classifier(model[0], cfg, path, model[2])


def test_options_of_the_data_are_those_of_the_model(model, tmp_path, ferplus):
    own, other = str(tmp_path / 'own.py'), str(tmp_path / 'other.py')
    model[0].dump(own)
    ferplus[0].dump(other)
    found = load_classifier_config(own, model[0], data_root='d', fold=2)
    assert found.test_dataloader.dataset.fold == 2
    found = load_classifier_config(other, model[0], data_root='d', fold=2)
    assert found.test_dataloader.dataset.fold == 0
    assert found.test_dataloader.dataset.data_root != 'd'


def test_a_set_of_fixed_splits_has_no_fold(ferplus, tmp_path):
    """Whatever fold two configs of it name; its test images are held out."""
    cfg, path = ferplus
    other = cfg.copy()
    assert cfg.test_dataloader.dataset.fold == 0
    other.test_dataloader.dataset.fold = None
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    path = with_facts(
        path,
        tmp_path / 'd.pth',
        classes=list(dataset.metainfo['classes']),
        datasets=[dict(type='SyntheticFaces', space='SyntheticFaces')])
    found = load_evaluation_classifier(other, cfg, path, dataset)
    assert found.datasets == ['SyntheticFaces']
    check_not_tested(torch.load(path), path, scored_dataset(other), 'embedder')


def test_generated_sets_are_of_folds(ferplus):
    with pytest.raises(UserError, match='FERPlus, which has fixed splits'):
        training_leaf(ferplus[0])


def test_one_set_is_scored(ferplus):
    cfg = copy.deepcopy(ferplus[0])
    leaf = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = dict(
        type='mmengine.ConcatDataset', datasets=[leaf, leaf])
    with pytest.raises(UserError, match='tests on 2 datasets'):
        scored_dataset(cfg)


def test_transforms_of_the_scope_of_a_config(ferplus):
    cfg = copy.deepcopy(ferplus[0])
    cfg.default_scope = 'mmpretrain'
    cfg.test_dataloader.dataset.pipeline.insert(
        1, dict(type='ResizeEdge', scale=48))
    DefaultScope.get_instance('other', scope_name='mmfermtl')
    assert len(scored_dataset(cfg)[0]['inputs']) == 1


def test_a_whole_set_is_scored(model):
    """No fold is asked of it; an embedder of its subjects is refused."""
    cfg, path, dataset = copy.deepcopy(model)
    cfg.test_dataloader.dataset.update(split='all', fold=None, indices=None)
    whole = scored_dataset(cfg)
    with pytest.raises(ValueError, match='embedder'):
        check_not_tested(torch.load(path), path, whole, 'embedder')
    check_not_tested(torch.load(path), path, dataset, 'embedder')
    check_not_tested(dict(state_dict={}), 'from_outside.pth', whole, 'x')
