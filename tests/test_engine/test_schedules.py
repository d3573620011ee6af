"""The number of epochs is one key, which the schedules follow."""
import json
import os.path as osp

import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger
from toy_runs import forget_runs

from mmfermtl.apis import load_config, run_training, set_work_dir
from mmfermtl.engine.config.schedules import check_schedules

WARM_UP = dict(type='LinearLR', start_factor=0.1, end=2)
COSINE = dict(type='CosineAnnealingLR', begin=2, eta_min=1e-5)


@pytest.fixture
def messages(monkeypatch):
    """What is logged about schedules."""
    found = []
    monkeypatch.setattr(MMLogger, 'handle',
                        lambda self, record: found.append(record.getMessage()))
    return found


def adapted(schedule, **loop):
    """The schedulers of a config after the check."""
    cfg = Config(dict(train_cfg=loop, param_scheduler=schedule))
    check_schedules(cfg)
    return cfg.param_scheduler


@pytest.mark.parametrize('epochs, left', [(2, [WARM_UP]), (1, [WARM_UP]),
                                          (3, [WARM_UP, COSINE])])
def test_what_begins_after_the_end_is_dropped(messages, epochs, left):
    assert adapted([WARM_UP, COSINE], max_epochs=epochs) == left
    dropped = [m for m in messages if 'CosineAnnealingLR (begin=2)' in m]
    assert len(dropped) == (epochs <= 2)


def test_schedules_of_each_optimizer(messages):
    both = dict(network=[WARM_UP, COSINE], discriminator=dict(COSINE))
    assert adapted(
        both, max_epochs=2) == dict(
            network=[WARM_UP], discriminator=[])
    assert len(messages) == 1


def test_other_forms(messages):
    assert adapted(COSINE, max_epochs=2) == []
    assert adapted(COSINE, max_epochs=4) == COSINE
    assert adapted(None, max_epochs=2) is None
    # Iterations of a loop that counts epochs are not known yet.
    steps = [dict(COSINE, by_epoch=False, begin=99)]
    assert adapted(steps, max_epochs=2) == steps
    assert adapted(steps, by_epoch=False, max_iters=99) == []


@pytest.mark.parametrize('schedule, warns', [
    ([dict(type='CosineAnnealingLR', T_max=2, end=2)], False),
    ([dict(type='CosineAnnealingLR', T_max=5, end=5)], True),
    ([dict(type='StepLR', step_size=1)], False),
    ([dict(WARM_UP, end=1), dict(COSINE, begin=1)], False),
    ([dict(type='LinearLR', end=50, by_epoch=False)], False),
])
def test_a_schedule_of_another_length_warns(messages, schedule, warns):
    adapted(schedule, max_epochs=2)
    assert any('planned to epoch 5' in m for m in messages) is warns


@pytest.mark.parametrize('parts', [[], ['body', 'head']])
def test_a_short_training_is_that_of_a_longer_schedule(toy_config, tmp_path,
                                                       parts):
    """The warm-up alone, with the rates of a cosine that ends later."""
    sgd = dict(optimizer=dict(type='SGD', lr=0.1))
    rates = []
    for name, later in (('a', dict(end=10, T_max=8)), ('b', {})):
        forget_runs()
        cfg = load_config(toy_config, {'train_cfg.max_epochs': 2})
        cfg.param_scheduler = [WARM_UP, dict(COSINE, **later)]
        if parts:
            cfg.model.type = 'ToyPair'
            cfg.optim_wrapper = dict(
                constructor='ToyPairConstructor',
                **{part: sgd
                   for part in parts})
            cfg.param_scheduler = {part: cfg.param_scheduler for part in parts}
        set_work_dir(cfg, str(tmp_path / name))
        runner = run_training(cfg)
        with open(osp.join(cfg.work_dir, 'history.json')) as file:
            rows = json.load(file)
        rates.append([(row['lr'], row['train'])
                      for row in rows] + [runner.optim_wrapper.get_lr()])
    assert rates[0] == rates[1]
