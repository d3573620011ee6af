"""Accuracy against the number of training subjects."""
import json
import os.path as osp
import runpy
import sys
from collections import Counter

import pytest
import toy_folds
from narrow import CONFIGS, PATHS
from toy_folds import write_config

from mmfermtl.analysis import learning_curve
from mmfermtl.analysis.cross_validation.cross_validate import Outcome
from mmfermtl.analysis.learning_curve import measure_learning_curve
from mmfermtl.apis import UserError, load_config
from mmfermtl.datasets import SyntheticFaces
from mmfermtl.datasets.subjects.subject_folds import keep_few_subjects

TOOL = osp.join(osp.dirname(CONFIGS), 'tools', 'learning_curve.py')


def subjects(number, draw=0, split='train'):
    dataset = SyntheticFaces(
        num_subjects=20,
        split=split,
        fold=0,
        train_subjects=number,
        subject_draw=draw)
    return set(dataset.get_subjects())


def test_draws_of_subjects_are_nested_and_differ():
    few, many, everyone = subjects(3), subjects(9), subjects(None)
    assert len(few) == 3 and len(many) == 9 and len(everyone) == 18
    assert few < many < everyone
    assert subjects(3) == few and subjects(3, 1) != few
    # A study names its draw by a string.
    assert subjects(3, '0') == few
    # What is tested on stays.
    assert subjects(3, split='test') == subjects(None, split='test')
    with pytest.raises(ValueError, match='train_subjects=19: found 18'):
        subjects(19)


def test_drawn_subjects_have_a_labelled_image():
    """Sources of synthesis alone teach no recognition."""
    samples = [
        dict(subject=str(k), gt_label=label) for k in range(9)
        for label in ((-1, ) if k % 3 else (-1, 2))
    ]
    left_out = Counter()
    kept = keep_few_subjects(samples, 3, 0, left_out)
    assert {one['subject'] for one in kept} == {'0', '3', '6'}
    assert left_out == {'images of 6 training subjects': 6}
    with pytest.raises(ValueError, match='found 3 training subjects'):
        keep_few_subjects(samples, 4, 0, left_out)


def test_each_number_is_a_study(tmp_path, monkeypatch):
    calls = []

    def cross_validate(cfg, out, **options):
        leaf = cfg.train_dataloader.dataset
        calls.append((osp.basename(out), leaf.get('train_subjects'),
                      leaf.get('subject_draw'), options['seeds']))
        if out.endswith('_2'):
            return Outcome(None, [1], [])
        scores = dict(
            pooled_accuracy=50.,
            num_images=10,
            seeds=[dict(accuracy=40.), dict(accuracy=60.)],
            intervals=dict(
                subject_bootstrap=dict(accuracy=(1., 2.)),
                subjects_and_seeds=dict(accuracy=(30., 70.))))
        return Outcome(dict(selections=dict(last=scores)), [], [])

    monkeypatch.setattr(learning_curve, 'cross_validate', cross_validate)
    cfg = load_config(write_config(tmp_path))
    points = measure_learning_curve(
        cfg, str(tmp_path / 'out'), [3, 2, 3], draws=(0, 1))
    assert calls == [('subjects_2', 2, '{seed}', (0, 1)),
                     ('subjects_3', 3, '{seed}', (0, 1)),
                     ('subjects_all', None, None, (0, 1))]
    assert [p.subjects for p in points] == [3, None]
    assert points[0].accuracies == [40., 60.]
    assert points[0].interval == [30., 70.]
    assert 'train_subjects' not in cfg.train_dataloader.dataset
    with pytest.raises(UserError, match='--subjects 0'):
        measure_learning_curve(cfg, str(tmp_path), [0])


def test_generated_images_are_of_the_same_draw(tmp_path, monkeypatch):
    studies = []

    def cross_validate(cfg, out, **options):
        studies.append(cfg.train_dataloader.dataset.datasets)
        return Outcome(None, [1], [])

    monkeypatch.setattr(learning_curve, 'cross_validate', cross_validate)
    cfg = load_config(PATHS['fer_few_completed_ckplus48.py'])
    root = cfg.train_dataloader.dataset.datasets[1].data_root
    measure_learning_curve(cfg, str(tmp_path), [3], everyone=False)
    [[real, generated]] = studies
    assert real.train_subjects == 3 and real.subject_draw == '{seed}'
    assert 'train_subjects' not in generated and generated.data_root == root
    # Those of one number are not of another.
    with pytest.raises(UserError, match='of one number .* found 2; name it'):
        measure_learning_curve(cfg, str(tmp_path), [3])
    cfg.train_dataloader.dataset.datasets[1].data_root = 'sets/{subjects}'
    studies.clear()
    measure_learning_curve(cfg, str(tmp_path), [3])
    assert [study[1].data_root for study in studies] == ['sets/3', 'sets/all']
    cfg.train_dataloader.dataset.datasets.append(real)
    with pytest.raises(UserError, match='trains on 2 datasets of real images'):
        measure_learning_curve(cfg, str(tmp_path), [3])


def test_curves_share_their_ticks(tmp_path, monkeypatch):
    figures = []

    class Kept(learning_curve.Figure):

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            figures.append(self)

    monkeypatch.setattr(learning_curve, 'Figure', Kept)
    few, many, everyone = (
        learning_curve.CurvePoint(n, 1, 9, 50., [50.], [40., 60.], 0)
        for n in (5, 20, None))
    learning_curve.draw_learning_curve(
        dict(long=[few, many, everyone], short=[few]), str(tmp_path / 'a.png'))
    axes, = figures[0].axes
    ticks = {t.get_text(): t.get_position()[0] for t in axes.get_xticklabels()}
    assert ticks == {'5': 5, '20': 20, 'all': 30}
    long = axes.containers[0].lines[0]
    assert list(long.get_xdata()) == [5, 20, 30]


def test_tool(tmp_path, monkeypatch, capsys):
    # Where the runs, in processes of their own, find the toy parts.
    monkeypatch.setenv('PYTHONPATH', osp.dirname(toy_folds.__file__))
    config, out = write_config(tmp_path, max_epochs='1'), tmp_path / 'curve'
    args = [TOOL, config, '--subjects', '2', '--folds', '0', '--out', str(out)]
    monkeypatch.setattr(sys, 'argv', args)
    with pytest.raises(SystemExit) as end:
        runpy.run_path(TOOL, run_name='__main__')
    assert end.value.code == 0, capsys.readouterr()
    points = json.loads((out / 'curve.json').read_text())
    assert [p['subjects'] for p in points] == [2, None]
    assert all(len(p['accuracies']) == 1 for p in points)
    assert (out / 'curve.png').stat().st_size > 1000
    summaries = [
        json.loads(path.read_text())
        for path in sorted(out.glob('subjects_*/**/summary.json'))
    ]
    assert [s['num_train'] for s in summaries] == [28, 56]
    monkeypatch.setattr(sys, 'argv', [*args, '--seed', '1'])
    with pytest.raises(SystemExit):
        runpy.run_path(TOOL, run_name='__main__')
    assert 'use --draws in place of --seed' in capsys.readouterr().err
