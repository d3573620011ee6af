"""A fast cross-validation: rendered faces, a tiny network."""
import os
import re
from typing import Any, Dict, Iterable

import numpy as np
import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS
from toy_runs import forget_runs

from mmfermtl.analysis.cross_validation import RunKey
from mmfermtl.analysis.cross_validation.single_run import train_run
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder

FOLDS_CONFIG = """
custom_imports = dict(imports=['toy_folds'], allow_failed_imports=False)
default_scope = 'mmengine'
fold = 0
seed = 0
randomness = dict(seed=seed)
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='ToyNoise'),
    dict(type='mmfermtl.PackExpressionInputs')
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]
faces = dict(
    type='mmfermtl.SyntheticFaces',
    num_subjects=6,
    num_folds=3,
    peak_frames=2,
    image_size=32,
    fold=fold)
model = dict(
    type='mmfermtl.FERMTL',
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone',
            arch='tiny',
            in_channels=1,
            branches='fer',
            sharing=None,
            stem_channels=(4, ),
            channels=(4, 4, 8)),
        head=dict(type='mmfermtl.FERHead', in_channels=8, num_classes=7),
        generator=None))
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**faces, split='train', pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**faces, split='test', pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [dict(type='mmfermtl.SequenceAccuracy')]
test_evaluator = val_evaluator
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-2))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2, val_interval=1)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(draw_seed=dict(type='mmfermtl.DrawSeedHook'))
"""


def write_config(folder: Any, **replaced: str) -> str:
    """Write the config to a folder, with some values replaced.

    Args:
        folder (Path): The folder.
        **replaced (str): New values by name, such as ``max_epochs='9'``.

    Returns:
        str: Path of the config.
    """
    text = FOLDS_CONFIG
    for name, value in replaced.items():
        text, count = re.subn(rf'\b{name}=[^,)]+', f'{name}={value}', text)
        assert count, name
    path = os.path.join(folder, 'folds.py')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def train_here(study: StudyFolder, keys: Iterable[RunKey]) -> None:
    """Train runs in this process, without importing everything again."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        # It runs compilers for their versions, which is slow.
        patch.setattr('mmengine.runner.runner.collect_env', dict)
        for key in keys:
            forget_runs()
            train_run(study, key)
    torch.set_num_threads(threads)
    forget_runs()


@TRANSFORMS.register_module()
class ToyNoise(BaseTransform):
    """Random augmentation, which a resumed run must repeat."""

    def transform(self, results: Dict[str, Any]) -> Dict[str, Any]:
        """Shift the brightness and mirror at random."""
        img = results['img'] + np.random.uniform(-20, 20)
        results['img'] = np.clip(img, 0, 255).astype(np.uint8)
        if np.random.rand() < 0.5:
            results['img'] = results['img'][:, ::-1].copy()
        return results
