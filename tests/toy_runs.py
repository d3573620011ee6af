"""Runs of the toy parts."""
import json
import logging
import os.path as osp
import socket
from typing import Any, Sequence

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

TOY_CONFIG = """
custom_imports = dict(imports=['toy_parts'], allow_failed_imports=False)
data_root = 'data/toy'
fold = 0
seed = 3
max_epochs = 2
default_scope = 'mmengine'
randomness = dict(seed=seed)
model = dict(type='ToyNet', width=4)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='RepeatDataset',
        times=1,
        dataset=dict(
            type='ToyFaces', data_root=data_root, fold=fold, num_folds=5)))
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='ConcatDataset',
        datasets=[
            dict(
                type='ToyFaces', data_root=data_root, fold=fold, num_folds=5)
        ]))
test_dataloader = val_dataloader
val_evaluator = [dict(type='ToyMetric')]
test_evaluator = val_evaluator
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
param_scheduler = [
    dict(type='StepLR', by_epoch=True, step_size=1, gamma=0.5)
]
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=100),
    checkpoint=dict(type='CheckpointHook', interval=1),
    summary=dict(type='mmfermtl.RunSummaryHook'))
custom_hooks = [dict(type='ToyDataHook', data_root=data_root)]
"""


def forget_runs() -> None:
    """Remove what MMEngine keeps of earlier runs in this process.

    Loggers, message hubs, visualizers and scopes live by name, and the names
    of two runs of the same second are equal.
    """
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            handler.close()
    logging.shutdown()
    for singleton in (MMLogger, MessageHub, Visualizer, DefaultScope):
        singleton._instance_dict.clear()


def build_runner(config_path: str,
                 work_dir: str,
                 resume: bool = False,
                 hooks: Sequence[Hook] = (),
                 **options: Any) -> Runner:
    """Build a runner from a config file, with options merged into it."""
    forget_runs()
    cfg = Config.fromfile(config_path)
    cfg.work_dir = work_dir
    cfg.resume = resume
    cfg.merge_from_dict(options)
    runner = Runner.from_cfg(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    return runner


def read_json(*parts: str) -> Any:
    """Read a JSON file given by the parts of its path."""
    with open(osp.join(*map(str, parts)), encoding='utf-8') as file:
        return json.load(file)


def free_port() -> str:
    """Find an unused port of this machine."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])
