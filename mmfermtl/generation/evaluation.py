"""Score what a model paints, by any metrics on painted faces."""
from typing import Any, Dict, List, Sequence, Union

import torch
from mmengine.evaluator import BaseMetric, Evaluator
from torch import Tensor, nn

from ..evaluation import CycleError, IntensityMonotonicity
from .synthesis import check_generates, generate_images

#: Intensities of a sweep, from the source's expression to another one.
SWEEP = (0., 0.25, 0.5, 0.75, 1.)


@torch.no_grad()
def evaluate_synthesis(model: nn.Module,
                       dataset: Any,
                       metrics: Sequence[Union[dict, BaseMetric]],
                       batch_size: int = 64) -> Dict[str, Any]:
    """Paint every expression of every face, and let metrics look at them.

    Samples get ``fake_imgs`` ``(E, C, H, W)``, and ``fake_img``, the one of
    their target, where the dataset draws pairs. Metrics that need them get
    ``cycle_imgs`` ``(E - 1, C, H, W)``, each other expression painted back,
    and ``sweep_imgs`` ``(E - 1, 5, C, H, W)`` with ``sweep_targets``, the
    mixtures of the own expression with each other one.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
        dataset (Dataset): Faces of subjects that it was not trained on.
        metrics (Sequence[dict | BaseMetric]): The metrics.
        batch_size (int): Faces a pass. Defaults to 64.

    Returns:
        dict: What the metrics give.

    Raises:
        UserError: If the model has no generator.
    """
    check_generates(model)
    evaluator = Evaluator(list(metrics))
    evaluator.dataset_meta = dataset.metainfo
    classes = len(dataset.metainfo['classes'])
    cycle = any(isinstance(m, CycleError) for m in evaluator.metrics)
    sweep = any(
        isinstance(m, IntensityMonotonicity) and m.network is not None
        for m in evaluator.metrics)
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        pictures = torch.stack([item['inputs'] for item in items])
        samples = [item['data_samples'] for item in items]
        fakes = _generate_all(model, pictures, samples, classes)
        if cycle:
            _generate_cycles(model, fakes, samples, classes)
        if sweep:
            _generate_sweeps(model, pictures, samples, classes)
        evaluator.process(samples, dict(inputs=list(pictures)))
    return evaluator.evaluate(len(dataset))


def _labels(samples: List[Any]) -> Tensor:
    """Labels ``(N, )``; -1 where none is known."""
    return torch.tensor(
        [int(s.gt_label) if 'gt_label' in s else -1 for s in samples])


def _generate_all(model: nn.Module, pictures: Tensor, samples: List[Any],
                  classes: int) -> Tensor:
    """Paint each expression; ``(N, E, C, H, W)`` uint8."""
    rows = torch.eye(classes)
    fakes = torch.stack(
        generate_images(model, pictures,
                        [row.expand(len(pictures), -1) for row in rows]), 1)
    for sample, faces in zip(samples, fakes):
        sample.set_field(faces, 'fake_imgs')
        if 'target_label' in sample:
            sample.set_field(faces[int(sample.target_label)], 'fake_img')
    return fakes


def _generate_cycles(model: nn.Module, fakes: Tensor, samples: List[Any],
                     classes: int) -> None:
    """Paint the other expressions back."""
    own = _labels(samples)
    rows = torch.arange(len(own))
    back = torch.eye(classes)[own.clamp(min=0)]
    cycles = torch.stack([
        generate_images(model, fakes[rows, (own + step) % classes], [back])[0]
        for step in range(1, classes)
    ], 1)
    for sample, label, faces in zip(samples, own, cycles):
        if label >= 0:
            sample.set_field(faces, 'cycle_imgs')


def _generate_sweeps(model: nn.Module, pictures: Tensor, samples: List[Any],
                     classes: int) -> None:
    """Paint mixtures of the own expression with each other one."""
    own = _labels(samples)
    eye = torch.eye(classes)
    begin = eye[own.clamp(min=0)]
    for_step = []
    for step in range(1, classes):
        end = eye[(own + step) % classes]
        mixed = [(1 - weight) * begin + weight * end for weight in SWEEP]
        for_step.append(
            torch.stack(generate_images(model, pictures, mixed), 1))
    sweeps = torch.stack(for_step, 1)
    for sample, label, faces in zip(samples, own.tolist(), sweeps):
        if label >= 0:
            sample.set_field(faces, 'sweep_imgs')
            sample.set_metainfo(
                dict(sweep_targets=[(label + step) % classes
                                    for step in range(1, classes)]))
