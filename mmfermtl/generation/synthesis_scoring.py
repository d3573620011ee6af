"""Score generated images by an evaluation classifier and other metrics."""
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from torch import Tensor, nn

from ..engine.checkpoints.checkpoint_check import (HeldOut, check_expectations,
                                                   check_held_out)
from ..engine.checkpoints.model_loading import load_recorded_model
from ..engine.checkpoints.training_facts import (TrainingFacts,
                                                 describe_dataset, read_facts)
from ..evaluation import CycleError, ExpressionScore, IntensityMonotonicity
from ..registry import DATASETS
from ..utils.errors import UserError
from .evaluation_classifier import load_evaluation_classifier
from .synthesis import check_generates, generate_images, target_rows

#: Intensities of a sweep, from the source's expression to another one.
SWEEP = (0., 0.25, 0.5, 0.75, 1.)


def list_metrics(
        embedder: Optional[nn.Module] = None,
        lpips_weights: Optional[str] = None,
        inception_weights: Optional[str] = None) -> List[Dict[str, Any]]:
    """List the configs of all metrics that need no evaluation classifier.

    Those without their network log that they give no number. The weights are
    files, of torchvision's AlexNet and of torch-fidelity's Inception.

    Raises:
        UserError: If a file does not exist.
    """
    for path in (lpips_weights, inception_weights):
        if path is not None and not osp.isfile(path):
            raise UserError(f'{path} is not a file: give the path of weights '
                            'that you have, nothing is downloaded')
    metrics: List[Dict[str, Any]] = [
        dict(type='mmfermtl.SynthesisMetric'),
        dict(type='mmfermtl.RegionSimilarity'),
        dict(type='mmfermtl.SharpnessRatio'),
        dict(type='mmfermtl.CycleError'),
        dict(type='mmfermtl.IdentityScore', embedder=embedder),
        dict(type='mmfermtl.PerceptualDistance', weights=lpips_weights),
        dict(type='mmfermtl.FeatureDistance', weights=inception_weights),
    ]
    if embedder is not None:
        # Beside Inception's, whose weights are not always to be had.
        metrics.append(
            dict(type='mmfermtl.FeatureDistance', extractor=embedder))
    return metrics


def score_from_files(cfg: Config,
                     checkpoint: str,
                     classifier_cfg: Config,
                     classifier_checkpoint: str,
                     metrics: Sequence[Any] = (),
                     intensity: bool = False) -> Dict[str, Any]:
    """Score a checkpoint by the predictions of another one.

    The images of the test set of ``cfg`` are translated to every expression.
    Neither may have been trained on their subjects; see
    :func:`~mmfermtl.generation.evaluation_classifier.load_evaluation_classifier`.

    Args:
        cfg (Config): Config of the model with a generator; for published
            weights, any whose test set has no expression that they lack.
        checkpoint (str): Its checkpoint, or the name or path of published
            weights (``*.safetensors``).
        classifier_cfg (Config): Config of the evaluation classifier: another
            FERMTL or a classifier of mmpretrain, trained on real images only,
            of the same fold or of another dataset.
        classifier_checkpoint (str): Its checkpoint, or published weights.
        metrics (Sequence[dict | BaseMetric]): Further metrics. Defaults to
            ().
        intensity (bool): Whether to sweep intensities, too. Defaults to
            False.

    Returns:
        dict: ``classes``, the names in label order, ``classifier``, what the
        evaluation classifier was trained on, and ``metrics``, a dict as
        :func:`evaluate_synthesis` returns it.

    Raises:
        UserError: If the two have different folds, or one lacks a class of
            the test set.
    """
    model, record, path, _ = load_recorded_model(cfg, checkpoint)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    facts = read_facts(record, path)
    # Its classes are matched by name.
    check_expectations(
        TrainingFacts(image_size=facts.image_size), f'checkpoint {path}',
        describe_dataset(dataset))
    check_held_out(record, path, HeldOut.of([dataset]), 'checkpoint')
    classifier = load_evaluation_classifier(cfg, classifier_cfg,
                                            classifier_checkpoint, dataset)
    metrics = [ExpressionScore(classifier.network), *metrics]
    if intensity:
        metrics.append(IntensityMonotonicity(classifier.network))
    return dict(
        classes=list(dataset.metainfo['classes']),
        classifier=classifier.describe(),
        metrics=evaluate_synthesis(
            model, dataset, metrics, known=facts.classes))


@torch.no_grad()
def evaluate_synthesis(
        model: nn.Module,
        dataset: Any,
        metrics: Sequence[Union[dict, BaseMetric]],
        batch_size: int = 64,
        known: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    """Translate every image to every expression, and compute metrics.

    Samples get ``fake_imgs`` ``(E, C, H, W)`` and, where the dataset draws
    pairs, ``fake_img`` ``(C, H, W)``, the one of their target. Metrics that
    need them get ``cycle_imgs`` ``(E - 1, C, H, W)``, the images of the other
    expressions translated back, and ``sweep_imgs`` ``(E - 1, 5, C, H, W)``
    with ``sweep_targets``, mixtures of the source's expression with each
    other one. All images are uint8.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
        dataset (Dataset): Images of subjects that it was not trained on.
        metrics (Sequence[dict | BaseMetric]): The metrics.
        batch_size (int): Images in a forward pass. Defaults to 64.
        known (Sequence[str], optional): Classes of the generator, matched
            with those of the dataset by name. Defaults to None, the same.

    Returns:
        dict: Value of each metric by name.

    Raises:
        UserError: If the model has no generator, or it lacks a class.
    """
    check_generates(model)
    evaluator = Evaluator(list(metrics))
    evaluator.dataset_meta = dataset.metainfo
    rows = target_rows(dataset.metainfo['classes'], known, 'generator')
    cycle = any(isinstance(m, CycleError) for m in evaluator.metrics)
    sweep = any(
        isinstance(m, IntensityMonotonicity) and m.network is not None
        for m in evaluator.metrics)
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        images = torch.stack([item['inputs'] for item in items])
        samples = [item['data_samples'] for item in items]
        # -1 where no label is known.
        labels = torch.tensor(
            [int(s.gt_label) if 'gt_label' in s else -1 for s in samples])
        fakes = _generate_all(model, images, samples, rows)
        if cycle:
            _generate_cycles(model, fakes, labels, samples, rows)
        if sweep:
            _generate_sweeps(model, images, labels, samples, rows)
        evaluator.process(samples, dict(inputs=list(images)))
    return evaluator.evaluate(len(dataset))


def _generate_all(model: nn.Module, images: Tensor, samples: List[Any],
                  rows: Tensor) -> Tensor:
    """Translate ``(N, C, H, W)`` images to ``(N, E, C, H, W)`` uint8."""
    fakes = torch.stack(
        generate_images(model, images,
                        [row.expand(len(images), -1) for row in rows]), 1)
    for sample, faces in zip(samples, fakes):
        sample.set_field(faces, 'fake_imgs')
        if 'target_label' in sample:
            sample.set_field(faces[int(sample.target_label)], 'fake_img')
    return fakes


def _generate_cycles(model: nn.Module, fakes: Tensor, labels: Tensor,
                     samples: List[Any], rows: Tensor) -> None:
    """Translate ``(N, E, C, H, W)`` images back to the labels ``(N, )``."""
    classes = fakes.shape[1]
    each = torch.arange(len(labels))
    # Samples without a label take part in the batch, but keep no result.
    back = rows[labels.clamp(min=0)]
    cycles = torch.stack([
        generate_images(model, fakes[each,
                                     (labels + step) % classes], [back])[0]
        for step in range(1, classes)
    ], 1)
    for sample, label, faces in zip(samples, labels, cycles):
        if label >= 0:
            sample.set_field(faces, 'cycle_imgs')


def _generate_sweeps(model: nn.Module, images: Tensor, labels: Tensor,
                     samples: List[Any], rows: Tensor) -> None:
    """Translate ``(N, C, H, W)`` images to mixtures of two expressions."""
    classes = len(rows)
    begin = rows[labels.clamp(min=0)]
    for_step = []
    for step in range(1, classes):
        end = rows[(labels + step) % classes]
        mixed = [(1 - weight) * begin + weight * end for weight in SWEEP]
        for_step.append(torch.stack(generate_images(model, images, mixed), 1))
    sweeps = torch.stack(for_step, 1)
    for sample, label, faces in zip(samples, labels.tolist(), sweeps):
        if label >= 0:
            sample.set_field(faces, 'sweep_imgs')
            sample.set_metainfo(
                dict(sweep_targets=[(label + step) % classes
                                    for step in range(1, classes)]))
