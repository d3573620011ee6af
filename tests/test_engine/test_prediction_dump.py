"""Predictions of every sample, after every epoch."""
import os
import os.path as osp

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from toy_folds import FOLDS_CONFIG
from toy_parts import InterruptHook
from toy_runs import forget_runs, read_json

from mmfermtl.engine import PredictionDumpHook
from mmfermtl.engine.prediction_collector import (PredictionCollector,
                                                  describe_predictions)

INNER = dict(
    type='mmengine.ConcatDataset',
    datasets=[
        dict(
            type='mmfermtl.SyntheticFaces',
            num_subjects=6,
            num_folds=3,
            peak_frames=2,
            image_size=32,
            fold=0,
            split=split,
            pipeline=[
                dict(type='mmfermtl.LoadFace', color_type='grayscale'),
                dict(type='mmfermtl.PackExpressionInputs')
            ]) for split in ('inner_val', 'test')
    ])


@pytest.fixture
def make_runner(tmp_path, work_dir, monkeypatch):
    """Runners of the toy fold with the hook."""
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)
    path = tmp_path / 'folds.py'
    path.write_text(FOLDS_CONFIG)

    def make(hooks=(), **options):
        forget_runs()
        cfg = Config.fromfile(str(path))
        cfg.work_dir = work_dir
        cfg.default_hooks.summary = dict(type='mmfermtl.RunSummaryHook')
        cfg.default_hooks.predictions = dict(
            type='mmfermtl.PredictionDumpHook')
        cfg.merge_from_dict(options)
        runner = Runner.from_cfg(cfg)
        for hook in hooks:
            runner.register_hook(hook)
        return runner

    return make


def test_each_sample_after_each_epoch(make_runner, work_dir):
    runner = make_runner()
    runner.train()
    assert sorted(os.listdir(osp.join(
        work_dir, 'predictions'))) == ['epoch_001.json', 'epoch_002.json']
    content = read_json(work_dir, 'predictions', 'epoch_002.json')
    dataset = runner.val_dataloader.dataset
    assert content['epoch'] == 2
    assert tuple(content['classes']) == dataset.metainfo['classes']
    rows = content['samples']
    assert len(rows) == len(dataset) == 28
    assert [row['gt_label']
            for row in rows] == dataset.get_gt_labels().tolist()
    for index, row in enumerate(rows):
        record = dataset.get_record(index)
        for key in ('dataset', 'subject', 'sequence', 'frame_index'):
            assert row[key] == record[key]
        assert row['split'] == 'test' and row['img_path'] is None
        assert sum(row['scores']) == pytest.approx(1, abs=1e-5)
        assert row['scores'][row['pred_label']] == max(row['scores'])
    runner.model.eval()
    with torch.no_grad():
        batch = [dataset[k] for k in (0, 27)]
        data = dict(
            inputs=[item['inputs'] for item in batch],
            data_samples=[item['data_samples'] for item in batch])
        wanted = runner.model.val_step(data)
    for k, sample in zip((0, 27), wanted):
        assert rows[k]['scores'] == pytest.approx(
            sample.pred_score.tolist(), abs=1e-5)


ITERATIONS = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters=5, val_interval=2)


def test_loops_of_iterations_keep_each_validation(make_runner, work_dir):
    folder = osp.join(work_dir, 'predictions')
    saver = dict(type='CheckpointHook', by_epoch=False, interval=2)
    make_runner(**{
        'train_cfg': dict(ITERATIONS),
        'default_hooks.checkpoint': saver
    }).train()
    names = ['iter_000002.json', 'iter_000004.json', 'iter_000005.json']
    assert sorted(os.listdir(folder)) == names
    content = read_json(folder, names[0])
    assert content['iter'] == 2 and 'epoch' not in content
    # What comes after the checkpoint is removed.
    runner = make_runner(**{'train_cfg': dict(ITERATIONS)})
    runner.train_loop._iter = 4
    PredictionDumpHook().before_train(runner)
    assert sorted(os.listdir(folder)) == names[:2]


def test_two_sets_have_their_splits(make_runner, work_dir):
    make_runner(
        **{
            'val_dataloader.dataset': dict(_delete_=True, **INNER),
            'train_cfg.max_epochs': 1
        }).train()
    rows = read_json(work_dir, 'predictions', 'epoch_001.json')['samples']
    subjects = {
        split: {row['subject']
                for row in rows if row['split'] == split}
        for split in ('inner_val', 'test')
    }
    assert len(rows) == 56
    assert subjects == dict(inner_val={'F001', 'F004'}, test={'F000', 'F003'})


def test_test_loop(make_runner, work_dir):
    make_runner().test()
    content = read_json(work_dir, 'predictions', 'test.json')
    assert len(content['samples']) == 28


def test_resume_repeats_an_interrupted_validation(make_runner, work_dir):
    make_runner().train()
    folder = osp.join(work_dir, 'predictions')
    whole = read_json(folder, 'epoch_002.json')
    with pytest.raises(KeyboardInterrupt):
        make_runner(hooks=[InterruptHook(2)]).train()
    # A new run has removed what an earlier one left.
    assert os.listdir(folder) == ['epoch_001.json']
    make_runner(resume=True).train()
    assert read_json(folder, 'epoch_002.json') == whole


def test_resume_removes_later_epochs(make_runner, work_dir):
    make_runner().train()
    folder = osp.join(work_dir, 'predictions')
    for name in ('epoch_003.json', 'epoch_1000.json', 'epoch_x.json'):
        open(osp.join(folder, name), 'w').close()
    make_runner(resume=True).train()
    assert sorted(os.listdir(folder)) == [
        'epoch_001.json', 'epoch_002.json', 'epoch_x.json'
    ]


def test_a_shuffling_loader_is_refused(make_runner):
    runner = make_runner(**{'val_dataloader.sampler.shuffle': True})
    with pytest.raises(ValueError, match='validate without shuffling'):
        runner.train()


def test_models_without_scores_are_refused():
    with pytest.raises(KeyError, match='samples lack pred_score'):
        PredictionCollector().process(None, [dict(pred_label=1)])


def test_samples_of_foreign_datasets():
    """What they do not record is None."""
    collector = PredictionCollector()
    score = torch.tensor([0.25, 0.75])
    collector.process(None, [
        dict(pred_score=score, gt_label=torch.tensor([1]), img_path='a/b.png')
    ])
    collector.evaluate(1)
    row, = describe_predictions(['image'], collector.predictions)
    assert row == dict(
        split=None,
        dataset=None,
        subject=None,
        sequence=None,
        frame_index=None,
        img_path='b.png',
        gt_label=1,
        pred_label=1,
        scores=[0.25, 0.75])
    with pytest.raises(ValueError, match='1 predictions of 2 samples'):
        describe_predictions(['a', 'b'], collector.predictions)
