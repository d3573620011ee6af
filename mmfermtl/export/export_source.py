"""What is exported: a network, and all that is known about it."""
import os.path as osp
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.config import Config

from ..engine.checkpoints.checkpoint_files import trained_config
from ..engine.checkpoints.model_loading import load_model
from ..engine.checkpoints.published_weights import read_weights
from ..engine.checkpoints.training_facts import read_facts
from ..models import FERMTL
from ..registry import TRANSFORMS
from ..utils.contained_files import file_sha256
from ..utils.errors import UserError
from ..utils.safe_loading import load_checkpoint_safely, weights_file
from ..utils.wrapped_datasets import leaf_datasets


@dataclass
class ExportSource:
    """A trained network.

    Args:
        name (str): What it is called.
        model (FERMTL): In evaluation mode on the CPU.
        classes (list[str]): Names in label order.
        image_size (tuple[int, int]): Height and width of its faces.
        in_channels (int): 1, or 3 of a network for colour.
        pipeline (list[dict]): Transforms of its test images.
        facts (dict): What it was trained on, see :class:`TrainingFacts`.
        origin (dict): ``config`` and ``checkpoint_sha256``.
        calibration (dict, optional): Temperature and thresholds.
    """

    name: str
    model: FERMTL
    classes: List[str]
    image_size: Tuple[int, int]
    in_channels: int
    pipeline: List[Dict[str, Any]]
    facts: Dict[str, Any]
    origin: Dict[str, Any]
    calibration: Optional[Dict[str, Any]] = None

    def transforms(self) -> Compose:
        """Build the test pipeline."""
        return Compose([TRANSFORMS.build(t) for t in self.pipeline])


def source_of_weights(name: str) -> ExportSource:
    """Read published weights by their name or path.

    Raises:
        ValueError: If there are none, or the file is damaged.
    """
    published = read_weights(name)
    about = published.description
    return _make_source(
        about['name'],
        published.build(),
        published.classes,
        about['pipeline'],
        about['training_facts'],
        dict(
            config=about['config'],
            checkpoint_sha256=about['checkpoint_sha256']),
        calibration=about.get('calibration'))


def source_of_checkpoint(cfg: Config,
                         checkpoint: str,
                         name: Optional[str] = None) -> ExportSource:
    """Read a checkpoint with the config that it was trained with.

    Args:
        cfg (Config): The config.
        checkpoint (str): A file of tools/train.py, loaded without running
            code.
        name (str, optional): Defaults to None, that of the config.

    Raises:
        ValueError: If the checkpoint does not fit, or does not record its
            classes.
    """
    model = load_model(cfg, checkpoint)
    loaded = load_checkpoint_safely(checkpoint)
    facts = read_facts(loaded, checkpoint)
    if not facts.classes:
        raise UserError(f'checkpoint {checkpoint} does not record its '
                        'classes; give one of tools/train.py')
    test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
    config = trained_config(loaded) or osp.basename(str(cfg.filename))
    return _make_source(
        name or config.removesuffix('.py'), model, facts.classes,
        test.get('pipeline') or [], facts.to_dict(),
        dict(
            config=config,
            checkpoint_sha256=file_sha256(weights_file(checkpoint))))


def _make_source(name: str, model: Any, classes: List[str],
                 pipeline: List[dict], facts: Dict[str, Any],
                 origin: Dict[str, Any], **kwargs: Any) -> ExportSource:
    """Find the images of a network, and check what it is."""
    if not isinstance(model, FERMTL):
        raise UserError(f'{name}: a {type(model).__name__}, expected a '
                        'mmfermtl.FERMTL or AdversarialFERMTL, which alone '
                        'can be exported')
    if model.num_classes != len(classes):
        raise UserError(f'{name}: {len(classes)} names of classes for a '
                        f'network of {model.num_classes}')
    weights = (p for p in model.backbone.parameters() if p.ndim == 4)
    stem = next(weights, None)
    # Of a backbone without weights, which passes the images on.
    channels = 1 if stem is None else stem.size(1)
    source = ExportSource(name, model, classes, (0, 0), channels, pipeline,
                          facts, origin, **kwargs)
    source.image_size = _find_size(source)
    return source


def _find_size(source: ExportSource) -> Tuple[int, int]:
    """Find the size of the images by running the test pipeline."""
    transforms, sizes = source.transforms(), set()
    for side in (64, 200):
        # Of several levels: a warning speaks of constant ones.
        image = np.tile(np.arange(side, dtype=np.uint8), (side, 1))
        sizes.add(tuple(transforms(dict(img=image))['inputs'].shape[-2:]))
    # Without a transform that resizes, it is that of the training set.
    if len(sizes) > 1 and source.facts.get('image_size'):
        sizes = {tuple(source.facts['image_size'])}
    if len(sizes) > 1:
        raise UserError(f'{source.name}: the size of its faces is not '
                        'recorded; expected mmfermtl.ResizeFace in the test '
                        'pipeline')
    (height, width), = sizes
    return height, width


def draw_faces(source: ExportSource,
               count: int,
               seed: int = 0) -> torch.Tensor:
    """Draw images ``(count, C, H, W)`` float32 in [-1, 1], as a tensor."""
    generator = np.random.default_rng(seed)
    shape = (count, 1, *source.image_size)
    # Half of them are of few grey levels, as flat regions of faces are.
    levels = generator.integers(0, 256, shape)
    levels[::2] = levels[::2] // 64 * 64
    images = torch.from_numpy(levels.astype(np.float32)) / 127.5 - 1
    return images.repeat(1, source.in_channels, 1, 1)


def draw_targets(source: ExportSource,
                 count: int,
                 seed: int = 0) -> torch.Tensor:
    """Draw targets ``(count, E)`` float32, one-hot and mixed, as a tensor."""
    generator = np.random.default_rng(seed)
    classes = len(source.classes)
    targets = generator.dirichlet(np.ones(classes), count)
    targets[::2] = np.eye(classes)[generator.integers(0, classes, count)][::2]
    return torch.from_numpy(targets.astype(np.float32))
