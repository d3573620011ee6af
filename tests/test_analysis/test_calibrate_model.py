"""Calibrations are fitted on validation subjects, and travel with weights."""
import json
import os.path as osp
import runpy
import sys

import numpy as np
import pytest
import torch
from generation_runs import trained
from mmengine.runner import Runner
from narrow import CONFIGS, PATHS, shrink
from wild_trees import render_ferplus, render_rafdb

from mmfermtl.analysis.calibration import calibrate_model as module
from mmfermtl.analysis.calibration.calibrate_model import calibrate_model
from mmfermtl.analysis.calibration.calibration_fit import (FOLDS,
                                                           check_temperature,
                                                           check_units,
                                                           cross_fit,
                                                           fit_calibration)
from mmfermtl.analysis.calibration.calibration_scores import (
    score_probabilities, score_sets)
from mmfermtl.analysis.calibration.held_out_logits import (
    HeldOutLogits, build_validation_set, compute_logits)
from mmfermtl.analysis.trained_classifier import load_classifier
from mmfermtl.apis import UserError, load_config
from mmfermtl.engine.checkpoints.published_weights import publish, read_weights
from mmfermtl.evaluation.functional.calibration import temperature_softmax
from mmfermtl.evaluation.functional.conformal import class_thresholds
from mmfermtl.inference.calibrated_scores import Calibration
from mmfermtl.utils.calibration_file import read_calibration
from mmfermtl.utils.safe_loading import read_safetensors
from mmfermtl.utils.safe_loading.safetensors_files import write_safetensors

TOOLS = osp.join(osp.dirname(CONFIGS), 'tools')


def some_logits(subjects=30, frames=2, sequences=2, classes=3, seed=0):
    """Outputs for sequences of subjects, right for two in three."""
    rng = np.random.default_rng(seed)
    number = subjects * sequences
    labels = rng.integers(0, classes, number).repeat(frames)
    logits = rng.normal(size=(len(labels), classes)) * 2
    logits[np.arange(len(labels)), labels] += 2
    return HeldOutLogits(logits, labels,
                         np.arange(number).repeat(frames),
                         np.arange(subjects).repeat(sequences), True, 0)


def test_sequences_count_once():
    found = some_logits(4, 3)
    assert found.weights.tolist() == [1 / 3] * 24
    assert found.sequence_labels.tolist() == found.labels[::3].tolist()
    kept = found.keep_sequences(found.subjects == 2)
    assert kept.sequences.tolist() == [0, 0, 0, 1, 1, 1]
    assert kept.subjects.tolist() == [2, 2]
    assert np.array_equal(kept.logits, found.logits[12:18])
    # A sequence that is there thrice changes no score.
    once = found.keep_sequences(np.arange(8) > 0)
    rows = np.r_[np.arange(24), 0:3, 0:3]
    thrice = found._replace(
        logits=found.logits[rows],
        labels=found.labels[rows],
        sequences=found.sequences[rows])
    scores = [
        score_probabilities(one, temperature_softmax(one.logits))
        for one in (found, thrice, once)
    ]
    for key in ('accuracy', 'nll', 'brier', 'ece_equal_width', 'aurc'):
        assert scores[0][key] == pytest.approx(scores[1][key])
    assert scores[0]['nll'] != scores[2]['nll']


def test_the_threshold_is_of_the_worst_frame():
    found = some_logits()
    fit = fit_calibration(found, [.8])
    chances = temperature_softmax(found.logits, fit.temperature)
    scores = 1 - chances[np.arange(len(chances)), found.labels]
    want, _ = class_thresholds(
        scores.reshape(-1, 2).max(1), found.labels[::2], 3, .8)
    assert fit.thresholds[.8].tolist() == want.tolist()


def test_cross_fitting_leaves_a_subject_out():
    """What a subject shows does not change what it is calibrated by."""
    found = some_logits()
    chances, balanced, sets = cross_fit(found, [.8])
    mine = found.subjects[found.sequences] == 7
    labels = found.labels.copy()
    labels[mine] = (labels[mine] + 1) % 3
    again, rebalanced, other = cross_fit(found._replace(labels=labels), [.8])
    assert np.array_equal(again[mine], chances[mine])
    assert np.array_equal(rebalanced[mine], balanced[mine])
    assert np.array_equal(other[.8][mine], sets[.8][mine])
    assert not np.array_equal(again, chances)
    # As many sets hold the truth as was asked for, up to chance.
    found = some_logits(600)
    sets = cross_fit(found, [.8, .9]).sets
    scores = score_sets(found, sets, 'abc')
    assert 80 < scores['0.8']['coverage'] < 90
    assert 90 < scores['0.9']['coverage'] < 97
    low, high = scores['0.9']['interval']
    assert low < scores['0.9']['coverage'] < high
    rows = scores['0.9']['by_class'].values()
    assert sum(row['sequences'] for row in rows) == 1200


def test_rare_classes_are_balanced():
    """Outputs that prefer a frequent class as training makes them do."""
    found = some_logits(600)
    keep = (found.sequence_labels < 2) | (np.arange(1200) % 10 == 0)
    found = found.keep_sequences(keep)
    frequent = np.log(np.bincount(found.labels) / len(found.labels))
    found = found._replace(logits=found.logits + frequent)
    fit = fit_calibration(found, [.8])
    assert fit.frequencies == pytest.approx(np.exp(frequent), abs=.01)
    assert fit.strength > .2
    chances, balanced, _ = cross_fit(found, [.8])
    before, after = (
        score_probabilities(found, one) for one in (chances, balanced))
    assert after['uar'] > before['uar'] + 2
    assert after['accuracy'] < before['accuracy']


def test_too_few():
    with pytest.raises(
            UserError, match=f'4 subjects; expected at least '
            f'{FOLDS}'):
        check_units(some_logits(4), [.8], 'here')
    # Of 10 sequences, a fifth is left out.
    few = some_logits(5, sequences=2)
    check_units(few, [.8], 'here')
    with pytest.raises(
            UserError,
            match='10 sequences, 8 without.*0.9 needs 9'
            '.*at most 0.88'):
        check_units(few, [.8, .9], 'here')
    unknown = some_logits(3, sequences=1)._replace(subjects_known=False)
    with pytest.raises(UserError, match='3 images'):
        check_units(unknown, [.8], 'here')


def test_useless_outputs():
    found = some_logits()
    right = found._replace(logits=np.eye(3)[found.labels] * 9)
    for outputs, words in ((right, 'no image is classified wrongly'),
                           (found._replace(logits=-found.logits),
                            'say nothing about')):
        with pytest.raises(UserError, match=words):
            check_temperature(fit_calibration(outputs, [.8]), 'here')


@pytest.fixture(scope='module')
def ferplus(tmp_path_factory):
    return render_ferplus(str(tmp_path_factory.mktemp('ferplus')), per_class=6)


def test_logits_of_a_dataset(ferplus, few_ckplus48, tmp_path):
    cfg, path = trained('fer_ferplus.py', tmp_path / 'a.pth', ferplus, 8)
    model = load_classifier(cfg, path)
    dataset = build_validation_set(cfg, model.pipeline)
    assert dataset.split == 'val' and len(dataset) == 48
    found = compute_logits(model.model, model.classes, dataset, 20)
    assert not found.subjects_known and len(found.subjects) == 48
    assert sorted(found.sequences) == list(range(48))
    data = dict(
        inputs=[dataset[k]['inputs'] for k in range(48)],
        data_samples=[dataset[k]['data_samples'] for k in range(48)])
    with torch.no_grad():
        want = [s.pred_score.numpy() for s in model.model.test_step(data)]
    assert temperature_softmax(found.logits) == pytest.approx(
        np.array(want), abs=1e-5)
    assert found.labels.tolist() == [
        dataset.get_record(k)['gt_label'] for k in range(48)
    ]
    # On another dataset, classes are matched by name.
    other = load_config(PATHS['fer_ckplus48.py'], data_root=few_ckplus48)
    test = module.build_test_set(other, model.pipeline, whole=True)
    classes = [c for c in model.classes if c != 'fear']
    found = compute_logits(model.model, classes, test)
    records = [test.get_record(k) for k in range(len(test))]
    names = [test.CLASSES[r['gt_label']] for r in records]
    assert found.left_out == names.count('fear') > 0
    assert [classes[k] for k in found.labels
            ] == [name for name in names if name != 'fear']
    shown = {(r['subject'], r['sequence'])
             for r, name in zip(records, names) if name != 'fear'}
    assert len(found.subjects) == len(shown) < len(found.labels)
    assert found.subjects_known
    assert found.subjects.max() + 1 == len({s for s, _ in shown})
    with pytest.raises(UserError, match='no image of contempt'):
        compute_logits(model.model, ['contempt', 'x'], dataset_without(test))


def dataset_without(dataset):
    """A dataset that lacks the classes of the model."""

    class Other:
        CLASSES = ('fear', )
        get_record = staticmethod(lambda k: dict(gt_label=0))

        def __len__(self):
            return 2

    return Other()


def test_validation_subjects_alone(few_ckplus48, tmp_path):
    """Of folds, those that the model has not seen; never those of a test."""
    cfg, path = trained(
        'fer_ckplus48.py', tmp_path / 'a.pth', few_ckplus48, 7, fold=0)
    model = load_classifier(cfg, path)
    dataset = build_validation_set(cfg, model.pipeline)
    assert dataset.split == 'inner_val'
    with pytest.raises(UserError, match='inner_train, which leaves out'):
        calibrate_model(model, cfg)
    root = render_rafdb(
        str(tmp_path / 'rafdb'), dict(train=[1] * 7, test=[1] * 7))
    cfg.val_dataloader.dataset = dict(
        type='mmfermtl.RAFDB', data_root=root, split='val')
    with pytest.raises(UserError, match='RAFDB has no validation split'):
        build_validation_set(cfg, model.pipeline)
    cfg.val_dataloader.dataset.split = 'test'
    with pytest.raises(UserError, match='no validation split'):
        build_validation_set(cfg, model.pipeline)


@pytest.fixture
def informed(monkeypatch):
    """Give models outputs that say something, whatever their weights."""

    def compute(*args):
        found = compute_logits(*args)
        rng = np.random.default_rng(len(found.labels))
        logits = rng.normal(size=found.logits.shape) * 2
        logits[np.arange(len(logits)), found.labels] += 2
        return found._replace(logits=logits)

    monkeypatch.setattr(module, 'compute_logits', compute)


@pytest.fixture
def tool(tmp_path, monkeypatch):

    def run(name, *args):
        path = osp.join(TOOLS, name)
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        runpy.run_path(path, run_name='__main__')

    return run


def test_the_tool(ferplus, few_ckplus48, tmp_path, tool, capsys, informed):
    cfg = shrink('fer_ferplus.py', tmp_path / 'run', ferplus)
    images = cfg.train_dataloader.dataset
    images.pop('indices')
    cfg.train_dataloader.dataset = dict(images.get('dataset', images))
    Runner.from_cfg(cfg).train()
    checkpoint = str(tmp_path / 'run' / 'epoch_1.pth')
    config = str(tmp_path / 'narrow.py')
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.pop('indices')
    cfg.dump(config)
    out = str(tmp_path / 'new' / 'calibration.json')
    tool('calibrate.py', config, checkpoint, '--out', out, '--coverage', .9,
         .8, '--test', '--also',
         f'ck={PATHS["fer_ckplus48.py"]},{few_ckplus48}')
    text = capsys.readouterr().out
    assert 'Coverage does not survive a change of data' in text
    assert 'Asked for 90 %, on test: the set holds the truth for' in text
    assert 'At 90 % too few sequences show neutral, anger' in text
    assert osp.getsize(tmp_path / 'new' / 'calibration.png') > 10000
    found = read_calibration(out)
    assert list(found['measured']) == ['validation', 'test', 'ck']
    assert found['fitted_on']['sequences'] == 48
    assert found['fitted_on']['datasets'][0]['split'] == 'val'
    # Six of a class are enough for 80 %, not for 90 %.
    shared = found['fitted_on']['classes_without_own_threshold']
    assert shared == {'0.8': [], '0.9': found['classes']}
    assert len(set(found['quantiles']['0.9'])) == 1
    one = found['measured']['test']
    assert one['images'] == one['sequences'] == 48 and one['subjects'] is None
    assert one['after']['nll'] < one['before']['nll']
    assert one['balanced']['uar'] >= 0
    assert 'to the power of' in text and len(
        found['logit_adjustment']['class_frequencies']) == 8
    assert list(one['after']['selective']) == [
        '1', '0.95', '0.9', '0.8', '0.7', '0.5'
    ]
    assert found['measured']['ck']['subjects'] > 1
    check_published(tool, config, checkpoint, out, tmp_path, capsys)


def check_published(tool, config, checkpoint, out, tmp_path, capsys):
    """The calibration travels with the weights, and fits no others."""
    weights = str(tmp_path / 'faces.safetensors')
    tool('model_converters/publish_model.py', config, checkpoint, weights,
         '--calibration', out)
    found = read_weights(weights)
    data, = found.description['training_facts']['datasets']
    assert (f'trained on {data["images"]} images of {data["type"]}, list '
            f'{data["list_sha256"]}') in capsys.readouterr().out
    assert found.calibration == read_calibration(out)
    used = Calibration.from_dict(found.calibration, classes=found.classes)
    assert used.coverages == [.8, .9]
    # Weights can be calibrated as checkpoints are, and published anew.
    again = str(tmp_path / 'again.json')
    tool('calibrate.py', config, weights, '--out', again, '--coverage', .8)
    assert read_calibration(again)['fitted_on'][
        'checkpoint_sha256'] == found.description['checkpoint_sha256']
    cfg = load_config(config)
    assert read_weights(weights).calibration is not None
    plain = str(tmp_path / 'plain.safetensors')
    publish(checkpoint, plain, cfg)
    assert read_weights(plain).calibration is None
    other = json.loads(json.dumps(found.calibration))
    other['fitted_on']['checkpoint_sha256'] = '0' * 64
    with pytest.raises(ValueError, match='of the checkpoint 000000000000'):
        publish(checkpoint, plain, cfg, calibration=other)
    other = dict(found.calibration, classes=found.classes[::-1])
    with pytest.raises(ValueError, match='but the model has'):
        publish(checkpoint, plain, cfg, calibration=other)
    state, description = read_safetensors(weights)
    for change, words in ((dict(classes=found.classes[::-1]), 'the model has'),
                          (dict(temperature=1e9), 'temperature')):
        description['calibration'] = dict(found.calibration, **change)
        write_safetensors(plain, state, description)
        with pytest.raises(ValueError, match=f'plain.safetensors.*{words}'):
            read_weights(plain)
    (tmp_path / 'bad.json').write_text('{}')
    with pytest.raises(SystemExit) as end:
        tool('model_converters/publish_model.py', config, checkpoint, weights,
             '--calibration', tmp_path / 'bad.json')
    assert end.value.code == 2
    assert 'bad.json: no calibration' in capsys.readouterr().err


@pytest.mark.parametrize('options, words', [
    (['--out', 'a.txt'], 'ends in .json'),
    (['--out', 'a.json', '--coverage', '1'], '--coverage 1: expected a share'),
    (['--out', 'a.json', '--coverage', '90'], '--coverage 90'),
    (['--out', 'a.json', '--coverage', 'nan'], '--coverage nan'),
    (['--out', 'a.json', '--coverage', '.91234'], 'at most four digits'),
    (['--out', 'a.json', '--batch-size', '0'], '--batch-size 0'),
    (['--out', 'a.json', '--also', 'x'], '--also: found'),
    (['--out', 'a.json', '--also', 'test=b.py'], 'given twice'),
])
def test_wrong_options(options, words, tool, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        tool('calibrate.py', 'a.py', 'a.pth', *options)
    assert end.value.code == 2
    assert words in capsys.readouterr().err
