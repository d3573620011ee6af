"""Make batches of a config from rendered faces, instead of its data."""
from typing import Any, List

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.runner import set_random_seed

from ...datasets import SyntheticFaces
from ...engine.config.config_datasets import dataset_configs

#: Keys of transforms that set the size of an image.
_SIZES = ('size', 'scale', 'crop_size')


def rendered_dataset(cfg: Config, split: str) -> SyntheticFaces:
    """Build rendered faces with the pipeline of a loader.

    Args:
        cfg (Config): A loaded config.
        split (str): ``'train'``, ``'val'`` or ``'test'``.

    Returns:
        SyntheticFaces: All faces of 20 subjects, of the largest size that
        the pipeline sets.
    """
    leaf = dataset_configs(cfg, split)[0]
    loader, *others = leaf['pipeline']
    # The loaders of mmpretrain and MMCV read in colour by default.
    grey = loader.get('color_type', 'color') == 'grayscale'
    return SyntheticFaces(
        num_subjects=20,
        image_size=_largest_side(others),
        channels=1 if grey else 3,
        classes=leaf.get('classes', 7),
        pairs=leaf.get('pairs', False),
        pipeline=[
            dict(
                type='mmfermtl.LoadFace',
                color_type='grayscale' if grey else 'color'), *others
        ],
        split='all')


def render_batches(cfg: Config, split: str, count: int,
                   seed: int) -> List[Any]:
    """Render batches as the loader of a split gives them."""
    faces = rendered_dataset(cfg, split)
    size = cfg[f'{split}_dataloader'].batch_size
    set_random_seed(seed)
    order = torch.randint(len(faces), (count, size)).tolist()
    return [pseudo_collate([faces[k] for k in row]) for row in order]


def _largest_side(pipeline: Any) -> int:
    """Find the largest image side in pixels that a pipeline sets."""
    sides = [48]
    for transform in pipeline:
        for key in _SIZES:
            value = transform.get(key, ())
            # A size may be None, the scale of a zoom below 1.
            sides += [value] if isinstance(value, int) else [
                side for side in value or () if isinstance(side, int)
            ]
        sides.append(_largest_side(transform.get('transforms', ())))
    return max(sides)
