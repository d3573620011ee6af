"""A tiny model, dataset and metric for short runs."""
from typing import Any, Dict, List, Optional, Sequence

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from mmengine.registry import (DATASETS, HOOKS, METRICS, MODELS,
                               OPTIM_WRAPPER_CONSTRUCTORS)
from torch import Tensor, nn
from torch.utils.data import Dataset


@DATASETS.register_module()
class ToyFaces(Dataset):
    """Ten points of two classes."""

    METAINFO = dict(classes=('a', 'b'))

    def __init__(self,
                 data_root: str,
                 fold: Optional[int] = None,
                 num_folds: int = 5) -> None:
        self.data_root = data_root
        self.fold = fold
        self.metainfo = self.METAINFO
        generator = torch.Generator().manual_seed(0)
        self.labels = torch.arange(10) % 2
        self.points = torch.randn(10, 4, generator=generator)
        self.points += 2 * self.labels[:, None]

    def full_init(self) -> None:
        """Do nothing; MMEngine's wrappers call it."""

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: int) -> Dict[str, Any]:
        return dict(inputs=self.points[index], label=self.labels[index])


@MODELS.register_module()
class ToyNet(BaseModel):
    """One linear layer, or two of which the first has a width."""

    def __init__(self,
                 width: int = 4,
                 data_preprocessor: Optional[dict] = None) -> None:
        super().__init__(data_preprocessor)
        self.body = nn.Linear(4, width)
        self.head = nn.Linear(width, 2)

    def forward(self, inputs: List[Tensor], label: List[Tensor], mode: str):
        """Return losses, or predictions as dicts."""
        label = torch.stack(list(label))
        logits = self.head(self.body(torch.stack(list(inputs))))
        if mode == 'loss':
            loss = nn.functional.cross_entropy(logits, label)
            return dict(loss_fer=loss, loss_rec=2 * loss)
        return [dict(pred=p, label=k) for p, k in zip(logits.argmax(1), label)]


@MODELS.register_module()
class ToyPair(ToyNet):
    """A model that updates its two layers with an optimizer each."""

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict:
        """Update both layers by the same loss."""
        data = self.data_preprocessor(data, True)
        loss, logs = self.parse_losses(self(**data, mode='loss'))
        for wrapper in optim_wrapper.values():
            wrapper.zero_grad()
        loss.backward()
        for wrapper in optim_wrapper.values():
            wrapper.step()
        return logs


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class ToyPairConstructor:
    """Build one optimizer wrapper per layer."""

    def __init__(self,
                 optim_wrapper_cfg: dict,
                 paramwise_cfg: Optional[dict] = None) -> None:
        self.cfg = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        return OptimWrapperDict(
            **{
                name: build_optim_wrapper(getattr(model, name), dict(child))
                for name, child in self.cfg.items()
            })


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """Accuracy in percent, under the names of the real metrics."""

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep whether each prediction is right."""
        self.results += [int(s['pred'] == s['label']) for s in data_samples]

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Average over the samples."""
        accuracy = 100. * sum(results) / len(results)
        return {
            'accuracy/top1': accuracy,
            'macro/f1': accuracy,
            'synthesis/L1': 0.25,
            'confusion': torch.eye(2)
        }


@HOOKS.register_module()
class ToyDataHook(Hook):
    """A hook with the folder of the data."""

    def __init__(self, data_root: str) -> None:
        self.data_root = data_root


@HOOKS.register_module()
class InterruptHook(Hook):
    """Stop a run between an epoch's checkpoint and its validation."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def before_val_epoch(self, runner) -> None:
        """Raise what Ctrl-C raises."""
        if runner.epoch == self.epoch:
            raise KeyboardInterrupt


@HOOKS.register_module()
class ToySpoilHook(ToyDataHook):
    """Turn all predictions around before a validation."""

    def before_val_epoch(self, runner) -> None:
        """Negate the last layer."""
        with torch.no_grad():
            for parameter in runner.model.head.parameters():
                parameter.neg_()
