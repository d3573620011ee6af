"""Cross-validation: runs, pooled results, and refused input."""
import json
import os
import os.path as osp
import shutil

import numpy as np
import pytest
from toy_folds import train_here, write_config
from toy_runs import forget_runs, read_json

from mmfermtl.analysis.cross_validation import (RunKey, augmented_test,
                                                compare_runs, cross_validate,
                                                format_outcome, list_runs,
                                                parse_numbers)
from mmfermtl.analysis.cross_validation.augmented_test import (
    forget_test, is_tested, read_augmented_test)
from mmfermtl.analysis.cross_validation.fold_config import (check_subjects,
                                                            configure_run)
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder
from mmfermtl.apis import UserError, load_config
from mmfermtl.datasets import SyntheticFaces
from mmfermtl.engine.config.held_out_guard import require_leak_check


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    """The toy config."""
    return write_config(tmp_path_factory.mktemp('config'))


@pytest.fixture(scope='module')
def trained(tmp_path_factory, config):
    """A complete study of three folds, nested runs included."""
    path = str(tmp_path_factory.mktemp('study') / 'out')
    study = StudyFolder.open(path, load_config(config), 3, False)
    train_here(study, list_runs([0], range(3), 'also'))
    return path


@pytest.fixture
def study_dir(trained, tmp_path):
    """A copy of the complete study, to be modified."""
    path = str(tmp_path / 'copy')
    shutil.copytree(trained, path)
    return path


def collect(config, out, **options):
    options = dict(dict(nested='also', train=False), **options)
    return cross_validate(load_config(config), out, **options)


def rows_of(path, run, epoch, split):
    rows = read_json(path, 'seed_0', run, 'predictions',
                     f'epoch_{epoch:03d}.json')['samples']
    return [row for row in rows if row['split'] == split]


def accuracy(rows):
    return 100 * np.mean([r['pred_label'] == r['gt_label'] for r in rows])


def test_pooled_results_by_hand(config, study_dir):
    outcome = collect(config, study_dir)
    results = read_json(study_dir, 'results.json')
    assert outcome.missing == [] and results['complete']
    last = results['selections']['last']
    folds = [rows_of(study_dir, f'fold_{k}', 2, 'test') for k in range(3)]
    rows = sum(folds, [])
    assert last['num_images'] == len(rows) == 84
    assert (last['num_sequences'], last['num_subjects']) == (42, 6)
    assert last['pooled_accuracy'] == pytest.approx(accuracy(rows))
    means = [accuracy(fold) for fold in folds]
    assert last['mean_of_folds_accuracy'] == pytest.approx(np.mean(means))
    assert last['std_over_folds'] == pytest.approx(np.std(means, ddof=1))
    assert [f['accuracy'] for f in last['folds']] == pytest.approx(means)
    recalls = [
        accuracy([r for r in rows if r['gt_label'] == k]) for k in range(7)
    ]
    assert list(last['recalls'].values()) == pytest.approx(recalls)
    assert last['uar'] == pytest.approx(np.mean(recalls))
    assert np.sum(last['confusion']) == 84
    assert np.trace(last['confusion']) == sum(r['pred_label'] == r['gt_label']
                                              for r in rows)
    pairs = [(a, b) for a, b in zip(rows[::2], rows[1::2])]
    assert all(a['sequence'] == b['sequence'] for a, b in pairs)
    hits = [
        np.argmax(np.add(a['scores'], b['scores'])) == a['gt_label']
        for a, b in pairs
    ]
    assert last['sequence_accuracy'] == pytest.approx(100 * np.mean(hits))
    low, high = last['intervals']['subject_bootstrap']['accuracy']
    assert low <= last['pooled_accuracy'] <= high


def test_subsets_of_the_images(config, study_dir, monkeypatch):
    """Results are also given without development folds and doubtful ones."""
    rows = rows_of(study_dir, 'fold_0', 2, 'test')
    first = (rows[0]['subject'], rows[0]['sequence'])
    monkeypatch.setattr(SyntheticFaces, 'DOUBTFUL_SEQUENCES', (first, ))
    outcome = collect(config, study_dir, nested='no', development=[1])
    last = read_json(study_dir, 'results.json')['selections']['last']
    others = rows + rows_of(study_dir, 'fold_2', 2, 'test')
    rest = [r for r in others if (r['subject'], r['sequence']) != first]
    for name, kept in (('without the development folds', others),
                       ('without both', rest)):
        part = last['subsets'][name]
        assert part['num_images'] == len(kept)
        assert part['pooled_accuracy'] == pytest.approx(accuracy(kept))
    assert len(rest) == len(others) - 2
    assert last['num_images'] == 84
    text = format_outcome(outcome)
    assert text.count('without both') == 1
    assert 'Development folds, which the config was chosen on: 1.' in text
    assert f'label: {"/".join(first)}.' in text
    with pytest.raises(UserError, match='--development: fold 3'):
        collect(config, study_dir, development=[3])


def test_selections(config, study_dir):
    collect(config, study_dir)
    scores = read_json(study_dir, 'results.json')['selections']
    best, nested = [], []
    for k in range(3):
        best.append(
            max(
                accuracy(rows_of(study_dir, f'fold_{k}', e, 'test'))
                for e in (1, 2)))
        run = f'nested_fold_{k}'
        inner = [
            accuracy(rows_of(study_dir, run, e, 'inner_val')) for e in (1, 2)
        ]
        chosen = read_json(study_dir, 'seed_0', run,
                           'done.json')['epochs']['nested']
        assert inner[chosen - 1] == max(inner)
        nested += rows_of(study_dir, run, chosen, 'test')
    found = scores['best_on_test']
    assert found['mean_of_folds_accuracy'] == pytest.approx(np.mean(best))
    assert 'no result' in found['note']
    assert scores['nested']['pooled_accuracy'] == pytest.approx(
        accuracy(nested))
    inner = sum((rows_of(study_dir, f'nested_fold_{k}', 2, 'inner_val')
                 for k in range(3)), [])
    assert scores['validation']['pooled_accuracy'] == pytest.approx(
        accuracy(inner))


def test_nested_only_uses_no_test_fold(config, study_dir):
    collect(config, study_dir, nested='only')
    assert list(read_json(study_dir,
                          'results.json')['selections']) == ['validation']
    predictions = read_json(study_dir, 'predictions.json')
    assert list(predictions['selections']) == ['validation']


def test_files_of_a_study(config, study_dir):
    text = format_outcome(collect(config, study_dir))
    assert 'all 3 folds' in text and 'no result' in text
    run = osp.join(study_dir, 'seed_0', 'fold_1')
    checkpoints = [n for n in os.listdir(run) if n.endswith('.pth')]
    assert checkpoints == ['epoch_2.pth']
    for name in ('last', 'best_on_test', 'nested', 'validation'):
        path = osp.join(study_dir, f'confusion_{name}.png')
        assert osp.getsize(path) > 1000
    with open(osp.join(study_dir, 'card.md'), encoding='utf-8') as file:
        card = file.read()
    results = read_json(study_dir, 'results.json')
    for word in (results['config_sha256'], 'folds.py', 'torch', 'threads',
                 'subject bootstrap', 'selected on the test folds',
                 '| 0 | 2 | nested |'):
        assert word in card
    versions = {run['code']['sha256'] for run in results['runs']}
    assert ('MIXED' in card) is (len(versions) > 1)


def test_mixed_code_is_in_the_card(config, study_dir):
    path = osp.join(study_dir, 'seed_0', 'fold_1', 'done.json')
    done = read_json(path)
    done['code']['sha256'] = 'other'
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(done, file)
    collect(config, study_dir)
    with open(osp.join(study_dir, 'card.md'), encoding='utf-8') as file:
        assert 'MIXED' in file.read()


def test_part_of_the_folds(config, study_dir):
    outcome = collect(config, study_dir, folds=[0, 2], nested='no')
    assert not outcome.results['complete']
    assert outcome.results['selections']['last']['num_images'] == 56
    assert 'NOT ALL' in format_outcome(outcome)


def test_folds_are_counted_for_each_selection(config, study_dir):
    shutil.rmtree(osp.join(study_dir, 'seed_0', 'fold_1'))
    outcome = collect(config, study_dir)
    scores = outcome.results['selections']
    assert not outcome.results['complete'] and scores['nested']['complete']
    assert not scores['last']['complete']
    text = format_outcome(outcome)
    assert 'last 2 (NOT ALL) of, ' in text and 'nested all, ' in text
    for selection, complete in (('last', False), ('nested', True)):
        found = compare_runs(study_dir, study_dir, selection)
        assert found['complete'] is complete


def test_several_seeds(config, study_dir):
    """A second seed of the same predictions changes no score."""
    one = collect(config, study_dir, nested='no').results
    shutil.copytree(
        osp.join(study_dir, 'seed_0'), osp.join(study_dir, 'seed_1'))
    for k in range(3):
        path = osp.join(study_dir, 'seed_1', f'fold_{k}', 'done.json')
        done = dict(read_json(path), seed=1)
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(done, file)
    outcome = collect(config, study_dir, nested='no', seeds=[0, 1])
    assert 'std over seeds' in format_outcome(outcome)
    last, before = (r['selections']['last'] for r in (outcome.results, one))
    # Seeds that agree add nothing to the variance over subjects.
    low, high = last['intervals'].pop('subjects_and_seeds')['accuracy']
    assert before['intervals'].pop('subjects_and_seeds') is None
    assert low < last['pooled_accuracy'] < high
    assert last['intervals'] == before['intervals']
    assert last['pooled_accuracy'] == before['pooled_accuracy']
    assert last['std_over_seeds'] == 0
    assert before['ensemble'] is None
    interval = last['ensemble'].pop('subject_bootstrap')
    assert interval == pytest.approx(
        last['intervals']['subject_bootstrap']['accuracy'])
    assert last['ensemble'] == dict(
        accuracy=last['pooled_accuracy'],
        sequence_accuracy=last['sequence_accuracy'])
    assert np.array_equal(last['confusion'], 2 * before['confusion'])
    # A fold that is complete for one seed alone is not pooled.
    os.remove(path)
    outcome = collect(config, study_dir, nested='no', seeds=[0, 1])
    assert outcome.missing == [RunKey(1, 2)]
    assert outcome.results['folds'] == [0, 1]


def test_with_test_time_augmentation(config, study_dir, monkeypatch, capsys):
    forget_runs()
    outcome = collect(config, study_dir, tta=True)
    assert 'the mean over the image and its mirror' in format_outcome(outcome)
    rows = []
    for k in range(3):
        folder = osp.join(study_dir, 'seed_0', f'fold_{k}', 'tta')
        assert read_json(folder, 'test_metrics.json')['tta']
        rows += read_json(folder, 'predictions', 'test.json')['samples']
        nested = osp.join(study_dir, 'seed_0', f'nested_fold_{k}', 'tta')
        assert not osp.exists(nested)
    found = read_json(study_dir, 'results.json')['selections']
    assert found['tta']['pooled_accuracy'] == pytest.approx(accuracy(rows))
    plain = rows_of(study_dir, 'fold_0', 2, 'test')
    assert [r['img_path'] for r in rows[:28]] == [r['img_path'] for r in plain]
    assert not np.allclose([r['scores']
                            for r in rows[:28]], [r['scores'] for r in plain])
    result = compare_runs(study_dir, study_dir, 'tta')
    assert [s['pooled_accuracy'] for s in result['studies']
            ] == [found['tta']['pooled_accuracy']] * 2
    # The runs are not tested again, and what they have is pooled without it.
    monkeypatch.setattr(augmented_test, 'run_test', None)
    collect(config, study_dir, tta=True)
    again = collect(config, study_dir).results['selections']
    assert list(again) == list(found)
    # Weights that are trained anew were not tested.
    study, key = StudyFolder(study_dir, load_config(config)), RunKey(0, 1)
    os.remove(osp.join(study.run_dir(key), 'done.json'))
    train_here(study, [key])
    assert 'tta' not in collect(config, study_dir).results['selections']
    assert '2 of 3 runs were tested' in capsys.readouterr().out


@pytest.mark.parametrize('link', ['tta', 'tta/predictions'])
def test_links_of_a_study_lead_nowhere(config, study_dir, tmp_path, link):
    """Nothing outside of a study is read, written or removed."""
    outside = tmp_path / 'outside'
    for name in ('test.json', 'predictions/test.json'):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text('{}')
    run_dir = osp.join(study_dir, 'seed_0', 'fold_0')
    os.makedirs(osp.dirname(osp.join(run_dir, link)), exist_ok=True)
    os.symlink(outside, osp.join(run_dir, link))
    for call in (is_tested, forget_test,
                 lambda path: read_augmented_test(path, 'test')):
        with pytest.raises(ValueError, match='leads through a link'):
            call(run_dir)
    with pytest.raises(ValueError, match='leads through a link'):
        collect(config, study_dir, tta=True)
    assert len(list(outside.rglob('*.json'))) == 2


def test_what_cannot_be_augmented_is_known_before_training(config, tmp_path):
    cfg = load_config(config)
    leaf = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = dict(
        type='mmengine.ConcatDataset', datasets=[leaf])
    with pytest.raises(UserError, match='--tta: .* without a pipeline'):
        cross_validate(cfg, str(tmp_path / 'out'), tta=True)
    assert not (tmp_path / 'out').exists()


def test_complete_runs_are_not_run_again(config, study_dir):
    path = osp.join(study_dir, 'seed_0', 'fold_0', 'done.json')
    before = os.stat(path).st_mtime_ns
    outcome = cross_validate(load_config(config), study_dir, nested='also')
    assert outcome.missing == [] and os.stat(path).st_mtime_ns == before


def test_damaged_marker_is_written_again(config, study_dir):
    study, key = StudyFolder(study_dir, load_config(config)), RunKey(0, 1)
    path = osp.join(study.run_dir(key), 'done.json')
    before = read_json(path)
    os.truncate(path, 20)
    assert study.read_done(key) is None
    train_here(study, [key])
    after = study.read_done(key)
    for name in ('epochs', 'accuracy', 'checkpoint', 'seconds'):
        assert after[name] == before[name]


def edited(path):
    content = dict(read_json(path), extra=1)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(content, file)


@pytest.mark.parametrize('name, spoil, words', [
    ('cross_validation.json', lambda p: os.truncate(p, 9), 'cannot be read'),
    ('config.json', edited, 'is not what the study was started with'),
    ('config.json', lambda p: os.truncate(p, 9), 'cannot be read'),
    ('cross_validation.json', os.remove, 'holds other things'),
    ('seed_0/fold_1/predictions/epoch_002.json', lambda p: os.truncate(p, 99),
     'epoch_002.json: cannot be read'),
    ('seed_0/fold_1/predictions/epoch_002.json', os.remove,
     'epoch_002.json: cannot be read'),
])
def test_damaged_studies_are_named(config, study_dir, name, spoil, words):
    spoil(osp.join(study_dir, name))
    with pytest.raises(ValueError, match=words):
        cross_validate(load_config(config), study_dir)


def test_another_config_is_refused(config, study_dir):
    cfg = load_config(config, {'optim_wrapper.optimizer.lr': 0.5})
    with pytest.raises(UserError, match='lr: 0.02 before, 0.5 now'):
        cross_validate(cfg, study_dir, train=False)
    with pytest.raises(UserError, match='started without --amp'):
        collect(config, study_dir, amp=True)


def test_a_run_of_another_study_is_refused(config, study_dir):
    path = osp.join(study_dir, 'seed_0', 'fold_1', 'done.json')
    done = dict(read_json(path), fold=2)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(done, file)
    with pytest.raises(UserError, match='fold 2, expected .* 1; remove'):
        collect(config, study_dir)


def test_foreign_folders_and_folds(config, tmp_path):
    (tmp_path / 'thesis.tex').write_text('')
    with pytest.raises(UserError, match='holds other things'):
        collect(config, str(tmp_path))
    out = str(tmp_path / 'out')
    with pytest.raises(UserError, match='has the folds 0 to 2'):
        collect(config, out, folds=[0, 3])
    with pytest.raises(UserError, match='--jobs 0'):
        collect(config, out, jobs=0)
    assert not osp.exists(out)
    outcome = collect(config, out, nested='no')
    assert outcome.results is None and len(outcome.missing) == 3
    assert 'NOT COMPLETE: 3 runs' in format_outcome(outcome)


def test_subjects_of_two_folds_are_refused(config, study_dir):
    source, target = (
        osp.join(study_dir, 'seed_0', f'fold_{k}', 'predictions')
        for k in (0, 1))
    shutil.rmtree(target)
    shutil.copytree(source, target)
    with pytest.raises(UserError, match='predicted twice'):
        collect(config, study_dir)


def test_config_of_a_run(config):
    cfg = load_config(config,
                      dict(load_from='runs/seed_{seed}/{run}/x_{fold}.pth'),
                      True)
    cfg.default_hooks.checkpoint = dict(
        type='CheckpointHook', interval=5, save_best='auto')
    configure_run(cfg, RunKey(7, 2, nested=True))
    assert cfg.load_from == 'runs/seed_7/nested_fold_2/x_2.pth'
    assert cfg.randomness.seed == 7
    assert cfg.train_dataloader.dataset.split == 'inner_train'
    splits = [d.split for d in cfg.val_dataloader.dataset.datasets]
    assert splits == ['inner_val', 'test']
    assert cfg.test_dataloader.dataset.split == 'test'
    assert cfg.default_hooks.checkpoint.interval == 5
    assert 'save_best' not in cfg.default_hooks.checkpoint
    check_subjects(cfg)


@pytest.mark.parametrize('key, value, words', [
    ('train_cfg.type', 'IterBasedTrainLoop', 'compares epochs'),
    ('test_dataloader.dataset.split', 'train', "expected split='test'"),
    ('test_evaluator', None, 'nothing is held out'),
])
def test_configs_that_cannot_be_cross_validated(config, key, value, words):
    cfg = load_config(config, {key: value})
    with pytest.raises(UserError, match=words):
        configure_run(cfg, RunKey(0, 0))


def test_shared_subjects_are_refused(config):
    cfg = load_config(config)
    configure_run(cfg, RunKey(0, 0))
    cfg.train_dataloader.dataset.fold = 1
    with pytest.raises(
            UserError,
            match='training of SyntheticFaces.*test of SyntheticFaces.* '
            'share 2 subjects .SyntheticFaces/F000'):
        check_subjects(cfg)
    cfg.train_dataloader.dataset.split = 'all'
    with pytest.raises(UserError, match='share 2 subjects'):
        check_subjects(cfg)


def test_an_allowed_leak_is_in_the_card(config, tmp_path):
    cfg = load_config(config)
    require_leak_check(cfg, allow_leak=True)
    cfg.train_dataloader.dataset.split = 'all'
    out = str(tmp_path / 'out')
    study = StudyFolder.open(out, cfg, 3, False)
    train_here(study, list_runs([0], [0], 'no'))
    outcome = cross_validate(cfg, out, folds=[0], train=False)
    assert 'share 2 subjects' in outcome.results['runs'][0]['leak']
    assert 'LEAK: 1 runs were measured on' in format_outcome(outcome)
    with open(osp.join(out, 'card.md'), encoding='utf-8') as file:
        assert '| leak of fold 0, seed 0 | train_dataloader' in file.read()


def test_parse_numbers():
    assert parse_numbers('--folds', '3,0-2, 1') == [0, 1, 2, 3]
    for text in ('', 'a', '1,', '-1', '3-', '5-2'):
        with pytest.raises(UserError, match='--folds .*expected whole'):
            parse_numbers('--folds', text)
