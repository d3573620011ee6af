import os
import os.path as osp

import pytest
from toy_parts import InterruptHook
from toy_runs import build_runner, read_json

from mmfermtl.utils.json_documents import write_json

ACCURACY = 'accuracy/top1'


def untimed(rows):
    """Rows without what differs from run to run."""
    return [{k: v for k, v in row.items() if k != 'seconds'} for row in rows]


def test_fresh_start_resets_the_history(toy_config, work_dir):
    build_runner(toy_config, work_dir).train()
    runner = build_runner(toy_config, work_dir, hooks=[InterruptHook(1)])
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    rows = read_json(work_dir, 'history.json')
    assert [row['epoch'] for row in rows] == [1]
    assert rows[0]['val'] is None
    # A summary of the earlier run would be mistaken for this one's.
    assert not osp.exists(osp.join(work_dir, 'summary.json'))


def test_resume_makes_up_for_a_missed_validation(toy_config, work_dir,
                                                 tmp_path):
    straight = str(tmp_path / 'straight')
    build_runner(
        toy_config, straight, **{
            'train_dataloader.sampler.shuffle': False,
            'train_cfg.max_epochs': 3
        }).train()
    options = {
        'train_dataloader.sampler.shuffle': False,
        'train_cfg.max_epochs': 3
    }
    for epoch in (1, 3):
        runner = build_runner(
            toy_config,
            work_dir,
            resume=epoch > 1,
            hooks=[InterruptHook(epoch)],
            **options)
        with pytest.raises(KeyboardInterrupt):
            runner.train()
        assert read_json(work_dir, 'history.json')[-1]['val'] is None
    # All epochs are trained; only the last validation is left to do.
    runner = build_runner(toy_config, work_dir, resume=True, **options)
    runner.train()
    assert untimed(read_json(work_dir, 'history.json')) == untimed(
        read_json(straight, 'history.json'))
    ours, theirs = (read_json(d, 'summary.json') for d in (work_dir, straight))
    for name in ('accuracy_last', 'accuracy_best_on_test', 'metrics_last',
                 'epochs', 'checkpoint'):
        assert ours[name] == theirs[name]


def test_made_up_validation_can_save_the_best(toy_config, work_dir):
    options = {
        'default_hooks.checkpoint.save_best': ACCURACY,
        'default_hooks.checkpoint.rule': 'greater'
    }
    runner = build_runner(
        toy_config, work_dir, hooks=[InterruptHook(2)], **options)
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    build_runner(toy_config, work_dir, resume=True, **options).train()
    assert any(n.startswith('best_') for n in os.listdir(work_dir))


def test_finished_run_resumed_changes_nothing(toy_config, work_dir):
    build_runner(toy_config, work_dir).train()
    rows = read_json(work_dir, 'history.json')
    summary = read_json(work_dir, 'summary.json')
    build_runner(toy_config, work_dir, resume=True).train()
    assert read_json(work_dir, 'history.json') == rows
    again = read_json(work_dir, 'summary.json')
    summary.pop('peak_memory_mb')
    again.pop('peak_memory_mb')
    assert again == summary


def test_rows_after_the_resumed_epoch_are_dropped(toy_config, work_dir):
    build_runner(toy_config, work_dir).train()
    path = osp.join(work_dir, 'history.json')
    rows = read_json(work_dir, 'history.json')
    rows[0]['seconds'], rows[1]['seconds'] = 100., 900.
    write_json(path, rows)
    runner = build_runner(
        toy_config,
        work_dir,
        resume=True,
        load_from=osp.join(work_dir, 'epoch_1.pth'))
    runner.train()
    rows = read_json(work_dir, 'history.json')
    assert [row['epoch'] for row in rows] == [1, 2]
    # The time of what is trained again is not counted twice.
    assert rows[0]['seconds'] == 100
    assert 100 < rows[1]['seconds'] < 200


def test_damaged_history_does_not_stop_a_resume(toy_config, work_dir):
    build_runner(toy_config, work_dir).train()
    for content in ('[{"epo', '{}', '[1]'):
        with open(osp.join(work_dir, 'history.json'), 'w') as file:
            file.write(content)
        build_runner(toy_config, work_dir, resume=True).train()
        rows = read_json(work_dir, 'history.json')
        # The metrics are measured again; the losses are lost.
        assert [row['epoch'] for row in rows] == [2]
        assert rows[0]['val'][ACCURACY] >= 0
        assert rows[0]['train'] == {}
