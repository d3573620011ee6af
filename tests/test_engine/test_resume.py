import json
import os
import os.path as osp
import shutil

import pytest
import torch
from mmengine.runner import Runner
from toy_runs import forget_runs

from mmfermtl.apis import UserError, load_config, run_training, set_work_dir
from mmfermtl.engine import resume
from mmfermtl.utils.safe_loading import load_checkpoint_safely


@pytest.fixture
def messages(monkeypatch):
    """What is logged by the search for a checkpoint."""
    found = []
    monkeypatch.setattr(resume, 'print_log',
                        lambda message, **kwargs: found.append(message))
    return found


def config(path, work_dir, **options):
    forget_runs()
    cfg = load_config(path, {
        'default_hooks.checkpoint.max_keep_ckpts': -1,
        **options
    }, True)
    set_work_dir(cfg, str(work_dir))
    return cfg


@pytest.fixture
def trained(toy_config, work_dir):
    """Path of a work directory with two epochs."""
    run_training(config(toy_config, work_dir))
    return work_dir


def names(path):
    return sorted(n for n in os.listdir(path) if n.endswith('.pth'))


def history(path):
    with open(osp.join(path, 'history.json'), encoding='utf-8') as file:
        return json.load(file)


def truncate(path):
    os.truncate(path, osp.getsize(path) // 2)


def test_bare_resume_needs_a_checkpoint(toy_config, work_dir):
    with pytest.raises(UserError, match='--resume: no usable checkpoint'):
        run_training(config(toy_config, work_dir), resume=True)
    assert names(work_dir) == []


def test_auto_starts_from_scratch_without_one(toy_config, work_dir):
    run_training(config(toy_config, work_dir), resume='auto')
    assert names(work_dir) == ['epoch_1.pth', 'epoch_2.pth']


def test_resume_goes_on_where_the_run_stopped(toy_config, trained, messages):
    cfg = config(toy_config, trained, **{'train_cfg.max_epochs': 3})
    runner = run_training(cfg, resume=True)
    assert runner.epoch == 3
    assert [row['epoch'] for row in history(trained)] == [1, 2, 3]
    assert any('max_epochs was 2 and is now 3' in m for m in messages)


def test_other_schedules_are_refused(toy_config, trained):
    """MMEngine would let the second one begin at the resumed epoch."""
    schedule = [
        dict(type='StepLR', step_size=1, gamma=0.5),
        dict(type='CosineAnnealingLR', begin=2)
    ]
    cfg = config(toy_config, trained, **{
        'train_cfg.max_epochs': 4,
        'param_scheduler': schedule
    })
    with pytest.raises(UserError, match='has 1 schedules.*this run has 2'):
        run_training(cfg, resume=True)


def test_config_may_ask_for_resume(toy_config, trained):
    cfg = config(toy_config, trained, **{
        'train_cfg.max_epochs': 3,
        'resume': True
    })
    assert run_training(cfg).iter == 9


def test_moved_work_dir_resumes_from_itself(toy_config, trained, tmp_path):
    moved = tmp_path / 'moved'
    shutil.copytree(trained, moved)
    cfg = config(toy_config, moved, **{'train_cfg.max_epochs': 3})
    with open(moved / 'last_checkpoint', encoding='utf-8') as file:
        assert file.read().startswith(trained)
    truncate(osp.join(trained, 'epoch_2.pth'))
    run_training(cfg, resume=True)
    assert names(moved) == ['epoch_1.pth', 'epoch_2.pth', 'epoch_3.pth']
    assert names(trained) == ['epoch_1.pth', 'epoch_2.pth']


def test_copy_does_not_delete_the_best_of_the_original(toy_config, work_dir,
                                                       tmp_path):
    options = {
        'default_hooks.checkpoint.save_best': 'accuracy/top1',
        'default_hooks.checkpoint.rule': 'less'
    }
    run_training(config(toy_config, work_dir, **options))
    best = [n for n in names(work_dir) if n.startswith('best')]
    assert len(best) == 1
    copy = tmp_path / 'copy'
    shutil.copytree(work_dir, copy)
    options.update({
        'train_cfg.max_epochs': 3,
        # Every prediction is now wrong, hence the best by the rule above.
        'custom_hooks.0.type': 'ToySpoilHook'
    })
    run_training(config(toy_config, copy, **options), resume=True)
    assert [n for n in names(work_dir) if n.startswith('best')] == best
    new_best = [n for n in names(copy) if n.startswith('best')]
    assert len(new_best) == 1 and new_best != best


def test_truncated_checkpoint_falls_back(toy_config, trained, messages):
    truncate(osp.join(trained, 'epoch_2.pth'))
    cfg = config(toy_config, trained)
    point = resume.find_resume_point(cfg, True)
    assert point.path == osp.join(trained, 'epoch_1.pth')
    assert point.checkpoint['meta']['epoch'] == 1
    assert any('epoch_2.pth, trying the one before' in m for m in messages)
    rows = history(trained)
    run_training(config(toy_config, trained), resume='auto')
    again = history(trained)
    assert [row['epoch'] for row in again] == [1, 2]
    assert again[0] == rows[0]
    point = resume.find_resume_point(config(toy_config, trained), True)
    assert point.path == osp.join(trained, 'epoch_2.pth')


def test_missing_last_checkpoint_falls_back(toy_config, trained):
    os.remove(osp.join(trained, 'epoch_2.pth'))
    point = resume.find_resume_point(config(toy_config, trained), True)
    assert point.path == osp.join(trained, 'epoch_1.pth')


def test_leftovers_of_a_longer_run_are_not_resumed(toy_config, trained,
                                                   messages):
    shutil.copy(
        osp.join(trained, 'epoch_2.pth'), osp.join(trained, 'epoch_9.pth'))
    point = resume.find_resume_point(config(toy_config, trained), True)
    assert point.path == osp.join(trained, 'epoch_2.pth')
    assert any('epoch_9.pth is newer' in m for m in messages)


def test_only_damaged_checkpoints(toy_config, trained):
    for name in names(trained):
        truncate(osp.join(trained, name))
    with pytest.raises(UserError, match='no usable checkpoint'):
        resume.find_resume_point(config(toy_config, trained), True)
    assert resume.find_resume_point(config(toy_config, trained),
                                    'auto') is None


def test_given_path_is_not_replaced_by_another(toy_config, trained):
    path = osp.join(trained, 'epoch_1.pth')
    cfg = config(toy_config, trained)
    assert resume.find_resume_point(cfg, path).path == path
    truncate(path)
    with pytest.raises(ValueError, match='epoch_1.pth is damaged'):
        resume.find_resume_point(cfg, path)
    with pytest.raises(ValueError, match='gone.pth is not a file'):
        resume.find_resume_point(cfg, 'gone.pth')


def test_weights_alone_cannot_be_resumed(toy_config, trained, tmp_path):
    path = str(tmp_path / 'best_x.pth')
    checkpoint = torch.load(
        osp.join(trained, 'epoch_2.pth'), weights_only=True)
    del checkpoint['optimizer']
    torch.save(checkpoint, path)
    with pytest.raises(UserError, match='lacks optimizer.*load_from'):
        resume.find_resume_point(config(toy_config, trained), path)


def test_a_loop_of_epochs_resumes_from_whole_ones(toy_config, work_dir,
                                                  messages):
    """MMEngine would train the begun epoch again from its beginning."""
    options = {
        'default_hooks.checkpoint.by_epoch': False,
        'default_hooks.checkpoint.interval': 2
    }
    run_training(config(toy_config, work_dir, **options))
    # Two epochs of three iterations: the last is at the end of an epoch that
    # was not counted yet.
    assert names(work_dir) == ['iter_2.pth', 'iter_4.pth', 'iter_6.pth']
    cfg = config(toy_config, work_dir, **options)
    for name in names(work_dir):
        with pytest.raises(UserError, match='within an epoch.*load_from=PATH'):
            resume.find_resume_point(cfg, osp.join(work_dir, name))
    with pytest.raises(UserError, match='no usable checkpoint'):
        resume.find_resume_point(cfg, True)
    assert sum('saved within an epoch' in m for m in messages) == 3
    # A loop of iterations goes on where it was.
    cfg.train_cfg = dict(by_epoch=False, max_iters=9)
    assert resume.find_resume_point(cfg, True).path.endswith('iter_6.pth')


def test_an_earlier_whole_epoch_is_resumed(toy_config, trained):
    path = osp.join(trained, 'epoch_2.pth')
    checkpoint = load_checkpoint_safely(path)
    checkpoint['meta'].update(epoch=1, iter=5)
    torch.save(checkpoint, path)
    for option in (True, 'auto'):
        point = resume.find_resume_point(config(toy_config, trained), option)
        assert point.path == osp.join(trained, 'epoch_1.pth')


def test_code_in_the_meta_is_refused(toy_config, trained, tmp_path):
    path = str(tmp_path / 'a.pth')
    checkpoint = torch.load(
        osp.join(trained, 'epoch_2.pth'), weights_only=True)
    checkpoint['meta']['config'] = 'import os'
    torch.save(checkpoint, path)
    with pytest.raises(UserError, match='meta.config'):
        resume.find_resume_point(config(toy_config, trained), path)


def test_another_fold_is_refused(toy_config, trained):
    cfg = load_config(toy_config, fold=1)
    set_work_dir(cfg, trained)
    with pytest.raises(UserError, match='trained on fold 0.*is of fold 1'):
        resume.find_resume_point(cfg, True)


def test_another_model_is_refused(toy_config, trained):
    cfg = config(toy_config, trained, **{'model.width': 5})
    with pytest.raises(ValueError, match=r'body.weight: file \(4, 4\)'):
        run_training(cfg, resume=True)


def test_a_new_run_over_old_checkpoints_warns(toy_config, trained, messages):
    runner = run_training(config(toy_config, trained))
    assert isinstance(runner, Runner)
    assert any('already holds 2 checkpoints' in m for m in messages)
    assert [row['epoch'] for row in history(trained)] == [1, 2]


HOSTILE = [
    dict(best_ckpt=b'{work_dir}/../sentinel/best.pth'),
    dict(best_ckpt='/x/..'),
    dict(best_ckpt='predictions/'),
    dict(best_ckpt='folder.pth'),
    dict(best_ckpt=['a']),
    dict(keep_ckpt_ids=['../../sentinel/best', 'x', 1]),
    dict(keep_ckpt_ids='../'),
    dict(keep_ckpt_ids=[True, -1, 2]),
]  # yapf: disable


@pytest.mark.parametrize('info', HOSTILE, ids=str)
def test_checkpoints_do_not_choose_what_is_removed(toy_config, work_dir,
                                                   messages, info):
    """MMEngine removes the last best file or folder, and those not kept."""
    options = {
        'default_hooks.checkpoint.save_best': 'accuracy/top1',
        'default_hooks.checkpoint.rule': 'less',
        'default_hooks.checkpoint.max_keep_ckpts': 1
    }
    run_training(config(toy_config, work_dir, **options))
    sentinels = [
        osp.join(work_dir, '..', 'sentinel', 'best.pth'),
        osp.join(work_dir, 'predictions', 'keep'),
        osp.join(work_dir, 'folder.pth', 'keep')
    ]
    for path in sentinels:
        os.makedirs(osp.dirname(path), exist_ok=True)
        with open(path, 'w'):
            pass
    # So that "epoch_.." can be gone through.
    os.makedirs(osp.join(work_dir, 'epoch_..'))
    path = osp.join(work_dir, 'epoch_2.pth')
    checkpoint = load_checkpoint_safely(path)
    for key, value in info.items():
        if isinstance(value, bytes):
            value = value.replace(b'{work_dir}', str(work_dir).encode())
        checkpoint['message_hub']['runtime_info'][key] = value
        checkpoint['message_hub']['resumed_keys'][key] = True
    torch.save(checkpoint, path)
    options.update({
        'train_cfg.max_epochs': 3,
        'custom_hooks.0.type': 'ToySpoilHook'
    })
    run_training(config(toy_config, work_dir, **options), resume=True)
    assert all(osp.isfile(path) for path in sentinels)
    assert any(f'the checkpoint names {value!r:.20}'[:-1] in m
               for m in messages)
