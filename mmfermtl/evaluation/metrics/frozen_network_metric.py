import os.path as osp
from abc import abstractmethod
from typing import Any, Dict, Iterator, List, Optional, Sequence, Union

import torch
from mmengine.device import get_device
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor, nn

from ...expressions import canonical_expression
from ...utils.config.config_tree import walk_config
from ...utils.model_parts import build_part
from ..functional.generated_images import generated_images

Network = Union[dict, nn.Module, None]
#: Keys of a config whose values are files.
FILE_KEYS = ('checkpoint', 'config', 'path', 'weights')


class FrozenNetworkMetric(BaseMetric):
    """Base of metrics that need another trained network.

    Weights are never downloaded. Without them, the metric logs this once,
    when it is built, and gives no values; other metrics are still computed.

    Args:
        network (dict | nn.Module, optional): The network; a config is built
            by the registry of models.
        role (str): Name of the network in messages.
        **kwargs: See MMEngine's ``BaseMetric``.
    """

    def __init__(self, network: Network, role: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.network: Optional[nn.Module] = None
        named = (value for path, value in walk_config(network)
                 if path and path[-1] in FILE_KEYS and isinstance(value, str))
        missing = next((f for f in named if not osp.isfile(f)), None)
        if network is None:
            self.skip(f'it was given no {role}')
        elif missing is not None:
            self.skip(f'the file {missing} of its {role} does not exist')
        else:
            self.network = self.build_network(network)
        # Not a submodule of any model, so nothing else moves it.
        if self.network is not None:
            self.network.eval().requires_grad_(False).to(get_device())

    def build_network(self, network: Union[dict,
                                           nn.Module]) -> Optional[nn.Module]:
        """Build the network, or return None after :meth:`skip`."""
        return build_part(network)

    def skip(self, reason: str) -> None:
        """Log by half a sentence why there are no values."""
        print_log(
            f'{type(self).__name__} gives no number: {reason}.',
            # Also printed where no run has made a logger yet.
            logger='current')

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Measure one batch, one result per sample."""
        if self.network is None:
            # MMEngine removes the padding of several ranks by the number of
            # results, so every sample needs one.
            self.results += [None] * len(data_samples)
            return
        with torch.no_grad():
            self.results += self.measure(
                list(data_batch['inputs']), data_samples)

    @abstractmethod
    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Run the network on a batch.

        Args:
            images (list[Tensor]): ``N`` real images, ``(C, H, W)`` uint8.
            samples (Sequence[dict]): ``N`` samples with the predictions.

        Returns:
            list[dict | None]: ``N`` results; None for a sample that lacks
            what is measured.
        """

    def check_classes(self, number: int) -> None:
        """Refuse a classifier whose classes are not those of the dataset.

        The names are compared where the classifier has any, as
        ``TrainedModel``. ``number`` is that of its scores.
        """
        classes = (self.dataset_meta or {}).get('classes')
        meta = getattr(self.network, 'dataset_meta', None) or {}
        trained = meta.get('classes')
        if classes is None or len(classes) == number and (
                not trained
                or [canonical_expression(name, classes)
                    for name in trained] == list(classes)):
            return
        names = f' ({", ".join(trained)})' if trained else ''
        raise ValueError(
            f'{type(self).__name__}: the evaluation classifier has {number} '
            f'classes{names}, the dataset {len(classes)} '
            f'({", ".join(classes)}); train the classifier on the same '
            'classes, or wrap it in mmfermtl.MatchedClassifier, which matches '
            'them by name')

    def embed(self, images: List[Tensor],
              samples: Sequence[dict]) -> Iterator[tuple]:
        """Embed the real and the generated images ``(C, H, W)`` at once.

        Args as in :meth:`measure`, vectors as of :func:`split_outputs`.
        """
        generated = [generated_images(sample)[1] for sample in samples]
        batch = torch.stack(images + [x for part in generated for x in part])
        outputs = self.network(batch.to(get_device())).cpu()
        return split_outputs(outputs, list(map(len, generated)))

    def compute_metrics(self, results: List[Optional[dict]]) -> Dict[str, Any]:
        """Summarize the results; an empty dict if there are none."""
        found = [result for result in results if result is not None]
        if self.network is None:
            return {}
        if not found:
            self.skip('no sample has the generated images that it measures; '
                      'use a model with a generator, for example by '
                      'tools/score_synthesis.py')
            return {}
        return self.summarize(found)

    @abstractmethod
    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Compute the values from the results of :meth:`measure`.

        Args:
            found (list[dict]): At least one.

        Returns:
            dict: Values by name.
        """


def split_outputs(outputs: Sequence[Any],
                  counts: Sequence[int]) -> Iterator[tuple]:
    """Assign outputs of a network on a batch of images to its samples.

    Args:
        outputs (Sequence): Outputs for the ``N`` real images, then for the
            generated ones, sample by sample.
        counts (Sequence[int]): Number of generated images of each of the
            ``N`` samples.

    Yields:
        tuple: For each sample, the output for its real image, and a list of
        those for its generated images.
    """
    start = len(counts)
    for real, count in zip(outputs, counts):
        yield real, list(outputs[start:start + count])
        start += count
