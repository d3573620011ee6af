import os.path as osp
from abc import abstractmethod
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from mmengine.device import get_device
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.config.config_tree import walk_config

Part = Union[dict, nn.Module, None]
#: Keys of a part's config that name files.
FILE_KEYS = ('checkpoint', 'config', 'path', 'weights')


class FrozenPartMetric(BaseMetric):
    """Base of metrics that look at faces with a trained network.

    Weights are never downloaded. Where they are not at hand, the metric says
    so once, when it is built, and gives no number; the other metrics go on.

    Args:
        part (dict | nn.Module, optional): The network; a config is built by
            the registry of models.
        role (str): What the network is called in messages.
        collect_device (str): ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str, optional): Defaults to that of the subclass.
    """

    def __init__(self,
                 part: Part,
                 role: str,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.part: Optional[nn.Module] = None
        named = (value for path, value in walk_config(part)
                 if path and path[-1] in FILE_KEYS and isinstance(value, str))
        missing = next((f for f in named if not osp.isfile(f)), None)
        if part is None:
            self.skip(f'it was given no {role}')
        elif missing is not None:
            self.skip(f'the file {missing} of its {role} is not there')
        else:
            self.part = self.build_part(part)
        if self.part is not None:
            self.part.eval().requires_grad_(False).to(get_device())

    def build_part(self, part: Union[dict, nn.Module]) -> Optional[nn.Module]:
        """Build the network, or return None after :meth:`skip`."""
        return MODELS.build(part) if isinstance(part, dict) else part

    def skip(self, reason: str) -> None:
        """Say why there will be no number.

        Args:
            reason (str): Half a sentence.
        """
        print_log(
            f'{type(self).__name__} gives no number: {reason}.',
            logger='current')

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Look at one batch."""
        if self.part is None:
            # An entry a sample, because padded ones are cut by their number.
            self.results += [None] * len(data_samples)
            return
        with torch.no_grad():
            self.results += self.look(list(data_batch['inputs']), data_samples)

    @abstractmethod
    def look(self, pictures: List[Tensor],
             samples: Sequence[dict]) -> List[Optional[dict]]:
        """What is found in a batch.

        Args:
            pictures (list[Tensor]): The real faces, ``(C, H, W)`` uint8.
            samples (Sequence[dict]): What the model says of each.

        Returns:
            list[dict | None]: An entry a sample; None if there is nothing.
        """

    def compute_metrics(self, results: List[Optional[dict]]) -> Dict[str, Any]:
        """Summarize what was found; nothing if nothing was."""
        found = [result for result in results if result is not None]
        if self.part is None:
            return {}
        if not found:
            self.skip('no sample has what it looks at; paint with a '
                      'generator, for example by tools/score_synthesis.py')
            return {}
        return self.summarize(found)

    @abstractmethod
    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Turn entries of :meth:`look` into numbers.

        Args:
            found (list[dict]): At least one.

        Returns:
            dict: Names and values.
        """
