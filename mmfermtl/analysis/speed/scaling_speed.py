"""Measure how a training step grows with batch, image size and classes."""
import copy
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import torch
from mmengine.config import Config

from ...engine.config.config_errors import explain_config_errors
from ...structures import ExpressionDataSample
from ...utils.config.config_tree import walk_config
from .interleaved import Comparison, compare
from .rendered_batches import render_batches
from .step_speed import build_training, prepare_measurement


class Scale(NamedTuple):
    """The size of a training step."""

    #: Images of a batch.
    images: int
    #: Side of an image in pixels.
    side: int
    #: Number of expressions.
    classes: int

    def __str__(self) -> str:
        return f'{self.images} x {self.side} px, {self.classes} classes'


class ScaledStep(NamedTuple):
    """Measurements of a step of one size."""

    scale: Scale
    comparison: Comparison


def measure_scaling(cfg: Config,
                    batches: Sequence[int] = (),
                    sides: Sequence[int] = (),
                    classes: Sequence[int] = (),
                    steps: int = 10,
                    warmup: int = 2,
                    seed: int = 0) -> List[ScaledStep]:
    """Measure training steps of several sizes, on random images.

    Args:
        cfg (Config): A loaded config.
        batches (Sequence[int]): Numbers of images of a batch.
        sides (Sequence[int]): Sides of an image in pixels.
        classes (Sequence[int]): Numbers of expressions.
        steps (int): Steps that count. Defaults to 10.
        warmup (int): Steps before them. Defaults to 2.
        seed (int): Defaults to 0.

    Returns:
        list[ScaledStep]: The size of the config, then each other one, which
        differs from it in one number.
    """
    prepare_measurement(cfg)
    with explain_config_errors(cfg):
        example, = render_batches(cfg, 'train', 1, seed)
        images = example['inputs']
        base = Scale(
            len(images), images[0].shape[-1],
            build_training(copy.deepcopy(cfg), seed)[0].num_classes)
        scales = [base]
        scales += [base._replace(images=n) for n in batches]
        scales += [base._replace(side=n) for n in sides]
        scales += [base._replace(classes=n) for n in classes]
        scales = list(dict.fromkeys(scales))
        calls = {
            str(scale):
            _step(copy.deepcopy(cfg), scale, images[0].shape[0], seed)
            for scale in scales
        }
    found = compare(calls, steps, warmup)
    return [ScaledStep(scale, one) for scale, one in zip(scales, found)]


def _step(cfg: Config, scale: Scale, channels: int,
          seed: int) -> Callable[[int], Any]:
    """Build a training, and return its step on one random batch."""
    set_classes(cfg.model, scale.classes)
    if 'image_size' in cfg.model.get('data_preprocessor', {}):
        cfg.model.data_preprocessor.image_size = scale.side
    model, optim_wrapper = build_training(cfg, seed)
    data = random_batch(scale, channels, seed)
    return lambda number: model.train_step(copy.deepcopy(data), optim_wrapper)


def random_batch(scale: Scale, channels: int, seed: int) -> Dict[str, Any]:
    """Make a batch of random images, each with a target and its image."""
    generator = torch.Generator().manual_seed(seed)
    shape = (scale.images, channels, scale.side, scale.side)
    inputs, targets = (
        torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        for _ in range(2))
    samples = []
    for k in range(scale.images):
        sample = ExpressionDataSample().set_gt_label(k % scale.classes)
        sample.set_target_label((k + 1) % scale.classes)
        sample.set_field(targets[k], 'gt_img', dtype=torch.Tensor)
        samples.append(sample)
    return dict(inputs=list(inputs), data_samples=samples)


def set_classes(model: Config, number: int) -> None:
    """Set the number of expressions wherever a model's config has one."""
    for _, node in list(walk_config(model)):
        if isinstance(node, dict) and 'num_classes' in node:
            node['num_classes'] = number
