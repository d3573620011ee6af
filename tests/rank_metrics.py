"""Compute metrics on samples that are divided among processes."""
import json
import os
from typing import Any, Dict, List

import torch
from mmengine.dataset import DefaultSampler
from mmpretrain.evaluation import Accuracy, ConfusionMatrix, SingleLabelMetric
from torch import Tensor, nn
from toy_generators import ToyClassifier

from mmfermtl.evaluation import (CycleError, ExpressionScore, FeatureDistance,
                                 IdentityScore, IntensityMonotonicity,
                                 RegionSimilarity, SequenceAccuracy,
                                 SharpnessRatio, SynthesisMetric)

NUM_SAMPLES = 10
BATCH_SIZE = 2


class ToyVectors(nn.Module):
    """Embed an image by four fixed filters."""

    def forward(self, images: Tensor) -> Tensor:
        filters = torch.linspace(-1, 1, 4 * 144).sin().view(144, 4)
        return images.float().flatten(1) / 255 @ filters


def random_images(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw random images of 12 x 12 px."""
    return torch.randint(
        0, 256, (*shape, 1, 12, 12), generator=generator, dtype=torch.uint8)


def draw_sample(index: int) -> Dict[str, Any]:
    """Make a sample with all fields that the metrics use."""
    generator = torch.Generator().manual_seed(index)
    score = torch.rand(7, generator=generator)
    return dict(
        inputs=random_images(generator),
        gt_label=torch.tensor([index % 7]),
        target_label=torch.tensor([(index + 3) % 7]),
        pred_score=score,
        pred_label=score.argmax()[None],
        fake_img=random_images(generator),
        fake_imgs=random_images(generator, 7),
        # Not every sample has a paired image.
        **(dict(gt_img=random_images(generator)) if index % 4 else {}),
        cycle_imgs=random_images(generator, 7),
        sweep_imgs=torch.arange(3, dtype=torch.uint8).view(
            1, 3, 1, 1, 1).expand(1, 3, 1, 12, 12) * (index % 3),
        sweep_targets=[index % 3],
        dataset='toy',
        subject=f'S{index // 4}',
        sequence=str(index // 2))


def build_metrics() -> List[Any]:
    """Build all metrics that need no file, and some of mmpretrain."""
    return [
        Accuracy(topk=(1, 2)),
        SingleLabelMetric(),
        ConfusionMatrix(),
        SequenceAccuracy(),
        SynthesisMetric(),
        RegionSimilarity(),
        SharpnessRatio(),
        ExpressionScore(ToyClassifier()),
        IdentityScore(ToyVectors()),
        CycleError(),
        IntensityMonotonicity(ToyClassifier()),
        FeatureDistance(extractor=ToyVectors()),
    ]


def evaluate_share() -> Dict[str, Any]:
    """Process the samples of this process, in batches."""
    torch.set_num_threads(1)
    indices = list(DefaultSampler(range(NUM_SAMPLES), shuffle=False))
    found = {}
    for metric in build_metrics():
        metric.dataset_meta = dict(classes=tuple('abcdefg'))
        for start in range(0, len(indices), BATCH_SIZE):
            samples = [
                draw_sample(k) for k in indices[start:start + BATCH_SIZE]
            ]
            inputs = [sample['inputs'] for sample in samples]
            metric.process(dict(inputs=inputs), samples)
        found.update(metric.evaluate(NUM_SAMPLES))
    return {
        key: value.tolist() if isinstance(value, Tensor) else value
        for key, value in found.items()
    }


def evaluate_rank(rank: int, world_size: int, port: str, path: str) -> None:
    """Run one of several processes; the first writes the values."""
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=port)
    torch.distributed.init_process_group(
        'gloo', rank=rank, world_size=world_size)
    found = evaluate_share()
    if rank == 0:
        with open(path, 'w') as file:
            json.dump(found, file)
    torch.distributed.destroy_process_group()
