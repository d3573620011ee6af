"""Models that generate and classify images with known results."""
from types import SimpleNamespace
from typing import Any, List

import torch
from torch import Tensor, nn

from mmfermtl.structures import ExpressionDataSample


class ToyGenerator(nn.Module):
    """Generate constant images: class ``k`` has the brightness of level k.

    Args:
        levels (list[float]): Brightness of each class.
    """

    def __init__(self, levels: List[float] = range(7)) -> None:
        super().__init__()
        self.levels = torch.tensor(list(levels), dtype=torch.float32)
        self.network = ToyNetwork(self)


class ToyNetwork(nn.Module):
    """The network of a :class:`ToyGenerator`."""

    def __init__(self, generator: ToyGenerator) -> None:
        super().__init__()
        self.generator = nn.Identity()
        self.levels = generator.levels

    def forward(self, images: Tensor, targets: List[Tensor]) -> Any:
        fakes = [
            (target @ self.levels / 127.5 - 1).view(-1, 1, 1, 1) + 0 * images
            for target in targets
        ]
        return SimpleNamespace(fakes=fakes)


class ToyClassifier(nn.Module):
    """Classify constant images by brightness, and all others as class 3."""

    def test_step(self, data: dict) -> List[ExpressionDataSample]:
        out = []
        for image in data['inputs']:
            constant = image.float().std() < 1e-3
            level = float(image.float().mean()) if constant else 3.
            score = torch.softmax(-(torch.arange(7.) - level)**2, 0)
            out.append(ExpressionDataSample().set_pred_score(score))
        return out
