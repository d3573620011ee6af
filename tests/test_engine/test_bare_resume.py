"""Runners that other tools build resume what they saved."""
import importlib

import torch
from toy_runs import build_runner, read_json

from mmfermtl import engine


def test_mmengine_resumes_by_itself(toy_config, work_dir):
    """With none of our tools, on every PyTorch and MMEngine."""
    options = {'train_cfg.max_epochs': 1}
    build_runner(toy_config, work_dir, **options).train()
    # As in a process of its own, where no other test has allowed anything.
    torch.serialization.clear_safe_globals()
    importlib.reload(engine)
    runner = build_runner(toy_config, work_dir, resume=True)
    runner.train()
    assert runner.epoch == 2
    history = read_json(work_dir, 'history.json')
    assert [row['epoch'] for row in history] == [1, 2]
