"""Generators and classifiers with outputs that tests can predict."""
from types import SimpleNamespace
from typing import Any, List

import torch
from torch import Tensor, nn

from mmfermtl.structures import ExpressionDataSample


class ToyGenerator(nn.Module):
    """Generate flat images, as bright as the mean level of the target.

    Args:
        levels (list[float]): Brightness of each class. Defaults to ``k`` for
            class ``k``.
    """

    def __init__(self, levels: List[float] = range(7)) -> None:
        super().__init__()
        self.levels = torch.tensor(list(levels), dtype=torch.float32)
        self.network = ToyNetwork(self)


class ToyNetwork(nn.Module):
    """The ``network`` of a :class:`ToyGenerator`."""

    def __init__(self, generator: ToyGenerator) -> None:
        super().__init__()
        self.generator = nn.Identity()
        self.levels = generator.levels

    def forward(self, faces: Tensor, targets: List[Tensor]) -> Any:
        fakes = [
            (target @ self.levels / 127.5 - 1).view(-1, 1, 1, 1) + 0 * faces
            for target in targets
        ]
        return SimpleNamespace(fakes=fakes)


class ToyClassifier(nn.Module):
    """Classify flat images by brightness, and all others as class 3."""

    def test_step(self, data: dict) -> List[ExpressionDataSample]:
        out = []
        for face in data['inputs']:
            flat = face.float().std() < 1e-3
            level = float(face.float().mean()) if flat else 3.
            score = torch.softmax(-(torch.arange(7.) - level)**2, 0)
            out.append(ExpressionDataSample().set_pred_score(score))
        return out
