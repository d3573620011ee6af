"""Models tested on other datasets than their own."""
import json
import os.path as osp
import runpy
import sys

import numpy as np
import pytest
import torch
from generation_runs import trained
from narrow import CONFIGS, PATHS
from wild_trees import render_ferplus

from mmfermtl.analysis.cross_dataset import (NamedModel, NamedSet,
                                             measure_matrix, score_cell)
from mmfermtl.apis import UserError, load_config
from mmfermtl.engine.checkpoints.published_weights import publish
from mmfermtl.engine.checkpoints.training_facts import read_facts
from mmfermtl.utils.safe_loading import read_safetensors
from mmfermtl.utils.safe_loading.safetensors_files import write_safetensors

TOOL = osp.join(osp.dirname(CONFIGS), 'tools', 'cross_dataset.py')


class Records:
    """A dataset of records alone."""

    CLASSES = ('happiness', 'anger', 'fear')

    def __init__(self, labels, subjects=None):
        self.labels, self.subjects = labels, subjects

    def __len__(self):
        return len(self.labels)

    def get_record(self, i):
        record = dict(gt_label=self.labels[i], subject=str(i))
        if self.subjects is None:
            return dict(record, subject_known=False)
        return dict(record, subject=self.subjects[i])


def test_classes_are_matched_by_name():
    """Images of fear, which the model lacks, and scores of neutral, which
    the set lacks, do not count."""
    scores = np.array([[.5, .1, .4], [.9, .06, .04], [.1, .2, .7], [0, 1, 0],
                       [1, 0, 0]])
    cell = score_cell('m', 's', ('neutral', 'anger', 'happiness'), scores,
                      Records([0, 1, 1, 2, -1]), '')
    assert cell.classes == ('anger', 'happiness') and cell.images == 3
    assert cell.confusion == [[1, 1], [0, 1]]
    assert cell.accuracy == pytest.approx(200 / 3)
    assert cell.uar == pytest.approx(75)
    assert cell.recalls == dict(anger=50, happiness=100)
    # Wilson's, without subjects.
    assert cell.subjects == 0
    assert cell.interval == pytest.approx((20.77, 93.85), abs=.01)


def test_subjects_are_resampled_where_they_are_known():
    scores = np.eye(3)[[1, 1, 0, 0]]
    cell = score_cell('m', 's', ('happiness', 'anger', 'x'), scores,
                      Records([1, 1, 1, 1], ['a', 'a', 'b', 'b']), '')
    assert cell.subjects == 2 and cell.interval == (0, 100)
    assert cell.recalls['happiness'] is None


def test_too_few_common_classes():
    with pytest.raises(UserError, match='s: none of its 2 images is of a'):
        score_cell('m', 's', ('happiness', 'anger'), np.eye(2),
                   Records([2, -1]), '')
    with pytest.raises(UserError, match='at least two classes'):
        score_cell('m', 's', ('fear', 'disgust'), np.eye(2), Records([0, 1]),
                   '')


@pytest.fixture(scope='module')
def ferplus(tmp_path_factory):
    return render_ferplus(str(tmp_path_factory.mktemp('ferplus')))


def test_matrix(few_ckplus48, ferplus, tmp_path):
    models = [
        NamedModel(
            name,
            *trained(f'fer_{name}.py', tmp_path / f'{name}.pth', root, number))
        for name, root, number in (('ckplus48', few_ckplus48, 7), ('ferplus',
                                                                   ferplus, 8))
    ]
    sets = [NamedSet(m.name, m.cfg) for m in models]
    sets.append(NamedSet('all of CK+48', models[0].cfg, whole=True))
    cells = measure_matrix(models, sets, batch_size=8)
    found = {(c.model, c.test_set): c for c in cells}
    assert len(found) == 6
    own = found['ckplus48', 'ckplus48']
    assert own.subjects > 0 and not own.leak and len(own.classes) == 7
    other = found['ferplus', 'ckplus48']
    assert other.images == own.images and 'neutral' not in other.classes
    assert found['ckplus48', 'ferplus'].images == 14  # of 16, two neutral
    assert found['ferplus', 'ferplus'].images == 16
    whole = found['ckplus48', 'all of CK+48']
    assert whole.images > own.images and 'trained' in whole.leak
    assert not found['ferplus', 'all of CK+48'].leak
    # Each on its own set alone.
    assert [
        (c.model, c.test_set, c.confusion) for c in measure_matrix(models)
    ] == [('ckplus48', 'CKPlus48', own.confusion),
          ('ferplus', 'FERPlus', found['ferplus', 'ferplus'].confusion)]
    twice = [models[0], models[0]]
    with pytest.raises(UserError, match='a name is given twice'):
        measure_matrix(twice, sets)


def test_balanced_scores(few_ckplus48, ferplus, tmp_path):
    """Published weights hold the frequencies; rare classes gain."""
    cfg, path = trained('fer_ferplus.py', tmp_path / 'a.pth', ferplus, 8)
    weights = str(tmp_path / 'a.safetensors')
    loaded = torch.load(path, weights_only=False)
    loaded['meta']['training_facts'] = read_facts(loaded, path).to_dict()
    torch.save(loaded, path)
    publish(path, weights, cfg)
    sets = [
        NamedSet('ck',
                 load_config(PATHS['fer_ckplus48.py'], data_root=few_ckplus48),
                 True)
    ]
    plain, = measure_matrix([NamedModel('m', cfg, path)], sets)
    with pytest.raises(UserError, match='a.safetensors is not calibrated'):
        measure_matrix([NamedModel('m', cfg, weights)], sets, balanced=True)
    state, about = read_safetensors(weights)
    classes = about['classes']
    rare = [.001 if name == 'fear' else .999 / 7 for name in classes]
    about['calibration'] = dict(
        format='mmfermtl-calibration-1',
        temperature=1.,
        classes=classes,
        score='1-p',
        quantiles={'0.9': [.5]},
        logit_adjustment=dict(strength=1., class_frequencies=rare))
    write_safetensors(weights, state, about)
    same, = measure_matrix([NamedModel('m', cfg, weights)], sets)
    assert same.confusion == plain.confusion
    found, = measure_matrix([NamedModel('m', cfg, weights)],
                            sets,
                            balanced=True)
    # An untrained network is unsure, so that the rare class wins.
    assert found.recalls['fear'] == 100 and found.recalls['anger'] == 0


def test_tool(few_ckplus48, tmp_path, monkeypatch, capsys):
    cfg, checkpoint = trained('fer_ckplus48.py', tmp_path / 'a.pth',
                              few_ckplus48, 7)
    config = str(tmp_path / 'narrow.py')
    cfg.dump(config)
    out = tmp_path / 'out'

    def run(*args):
        monkeypatch.setattr(sys, 'argv', [TOOL, *args, '--out', str(out)])
        runpy.run_path(TOOL, run_name='__main__')

    run('--models', f'tiny={config},{checkpoint}', '--sets',
        f'CK+48={config},{few_ckplus48}', f'all={config}', '--whole', 'all')
    text = capsys.readouterr().out
    assert 'subjects seen in training' in text and 'CK+48' in text
    cells = json.loads((out / 'matrix.json').read_text())
    assert [cell['test_set'] for cell in cells] == ['CK+48', 'all']
    assert (out / 'matrix.png').stat().st_size > 1000
    run('--models', f'tiny={config},{checkpoint}')
    capsys.readouterr()
    cells = json.loads((out / 'matrix.json').read_text())
    assert [cell['test_set'] for cell in cells] == ['CKPlus48']
    for args, message in ((('--models', 'tiny', '--sets', f'a={config}'),
                           "--models: found 'tiny', expected a name"),
                          (('--models', f'tiny={config},{checkpoint}',
                            '--sets', f'a={config}', '--whole', 'b'),
                           '--whole b: not among --sets')):
        with pytest.raises(SystemExit):
            run(*args)
        assert message in capsys.readouterr().err


def test_a_checkpoint_without_classes(few_ckplus48, tmp_path):
    model = NamedModel(
        'a', *trained('fer_ckplus48.py', tmp_path / 'a.pth', few_ckplus48))
    with pytest.raises(UserError, match='does not record its classes'):
        measure_matrix([model], [NamedSet('a', model.cfg)])
