import warnings
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from torch import Tensor, nn

from ...registry import METRICS
from .frozen_network_metric import FrozenNetworkMetric, Network


@METRICS.register_module()
class FeatureDistance(FrozenNetworkMetric):
    """KID and FID between generated and real images.

    Gives ``distribution/KID`` (mean over subsets, times 1000) and
    ``distribution/FID``, lower is better, and the numbers of images,
    ``distribution/real`` and ``distribution/generated``. With a few hundred
    images, fewer than features, FID is far too high for any generator:
    compare it at equal numbers only, or use KID, which is unbiased.
    torchmetrics computes both.

    By another network than Inception they are not the values that papers call
    KID and FID. They are then named after it, such as
    ``distribution_FaceApiResNet/KID``.

    Args:
        weights (str, optional): File of the Inception network in the port of
            torch-fidelity, ``weights-inception-2015-12-05-6726825d.pth``.
            Defaults to None.
        extractor (dict | nn.Module, optional): Another network, from
            ``(N, C, H, W)`` uint8 to ``(N, D)``, such as
            :class:`~mmfermtl.models.FileEmbedder`. It is named by its
            attribute ``name``, or else by its class. Defaults to None.
        **kwargs: See :class:`FrozenNetworkMetric`.

    Raises:
        ValueError: If the file is damaged, or both networks are given.
    """

    default_prefix = 'distribution'

    def __init__(self,
                 weights: Optional[str] = None,
                 extractor: Network = None,
                 **kwargs) -> None:
        if weights is not None and extractor is not None:
            raise ValueError('FeatureDistance: give `weights` of Inception or '
                             'another `extractor`, not both')
        network = extractor if weights is None else dict(weights=weights)
        super().__init__(network, 'weights or extractor', **kwargs)
        if weights is None and self.network is not None and kwargs.get(
                'prefix') is None:
            name = getattr(self.network, 'name', type(self.network).__name__)
            self.prefix = f'{self.default_prefix}_{name}'

    def build_network(self, network: Union[dict,
                                           nn.Module]) -> Optional[nn.Module]:
        """Build Inception with the weights, or the other network."""
        try:
            import torchmetrics.image  # noqa: F401
            if isinstance(network, dict) and set(network) == {'weights'}:
                return _Inception(network['weights'])
        except ImportError as error:
            self.skip(f'{error.name} is not installed: pip install '
                      'torchmetrics torch-fidelity')
            return None
        return super().build_network(network)

    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Embed the real and the generated images ``(C, H, W)``."""
        return [
            dict(real=real, generated=fake) if fake else None
            for real, fake in self.embed(images, samples)
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Compare the two sets of features."""
        from torchmetrics.image import (FrechetInceptionDistance,
                                        KernelInceptionDistance)
        real = torch.stack([row['real'] for row in found])
        fake = torch.stack([v for row in found for v in row['generated']])
        metrics: Dict[str, float] = dict(real=len(real), generated=len(fake))
        if min(len(real), len(fake)) < 2:
            return metrics  # no covariance of one image
        # The features are computed already; torchmetrics embeds them again.
        same = nn.Identity()
        same.num_features = real.shape[1]
        # KID draws its subsets from the global generator, which must not
        # change the training that goes on afterwards.
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            torch.manual_seed(0)
            # Only the first rank runs this, with the images of all: waiting
            # for the others would never end.
            options = dict(feature=same, sync_on_compute=False)
            fid = FrechetInceptionDistance(**options)
            kid = KernelInceptionDistance(
                subset_size=min(len(real), len(fake), 1000), **options)
            for metric in (fid, kid):
                metric.update(real.float(), real=True)
                metric.update(fake.float(), real=False)
            metrics['KID'] = 1000 * float(kid.compute()[0])
            metrics['FID'] = float(fid.compute())
        return metrics


class _Inception(nn.Module):
    """Inception in the port of torch-fidelity, with weights from a file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        from torch_fidelity import FeatureExtractorInceptionV3
        try:
            # torch-fidelity itself would unpickle any object of the file.
            torch.load(path, map_location='cpu', weights_only=True)
            self.network = FeatureExtractorInceptionV3(
                'inception-v3-compat', ['2048'],
                feature_extractor_weights_path=path)
        except Exception as error:  # torch has no common base for these
            raise ValueError(
                f'weights {path} are damaged, not safe or of another network '
                f'({type(error).__name__}); expected torch-fidelity\'s '
                'weights-inception-2015-12-05-6726825d.pth') from error

    def forward(self, images: Tensor) -> Tensor:
        """Embed ``(N, C, H, W)`` uint8, grey or BGR, as ``(N, 2048)``."""
        grey = images.shape[1] == 1
        rgb = images.expand(-1, 3, -1, -1) if grey else images.flip(1)
        parts = [self.network(part)[0] for part in rgb.split(32)]
        return torch.cat(parts)
