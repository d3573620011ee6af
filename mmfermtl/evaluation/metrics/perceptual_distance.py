import os
import os.path as osp
import tempfile
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.device import get_device
from torch import Tensor, nn

from ...registry import METRICS
from ...structures import to_network_range
from ...utils.safe_loading import load_checkpoint_safely
from .frozen_network_metric import FrozenNetworkMetric

#: Names of the weights of each network in torchvision.
NETWORKS = dict(
    alex='AlexNet_Weights',
    vgg='VGG16_Weights',
    squeeze='SqueezeNet1_1_Weights')


@METRICS.register_module()
class PerceptualDistance(FrozenNetworkMetric):
    """LPIPS (Zhang et al., 2018) between generated and real images.

    Gives ``lpips/paired``, the mean over the samples that have both
    ``fake_img`` and ``gt_img``, lower is better, and ``lpips/pairs``, their
    number. It is computed by torchmetrics, which includes the calibrated
    layers; the weights of the network below them are read from a file.

    Args:
        weights (str, optional): torchvision's ImageNet weights of the
            network, for example ``alexnet-owt-7be5be79.pth``. Defaults to
            None, no score.
        net (str): ``'alex'``, ``'vgg'`` or ``'squeeze'``. Defaults to
            ``'alex'``.
        min_side (int): Smaller images are enlarged to this side; the
            layers were calibrated on 64 px. Defaults to 64.
        **kwargs: See :class:`FrozenNetworkMetric`.

    Raises:
        ValueError: If the file is damaged or of another network.
    """

    default_prefix = 'lpips'

    def __init__(self,
                 weights: Optional[str] = None,
                 net: str = 'alex',
                 min_side: int = 64,
                 **kwargs) -> None:
        if net not in NETWORKS:
            raise ValueError(f'net={net!r}; give one of '
                             f'{", ".join(NETWORKS)}')
        self.net = net
        self.min_side = min_side
        network = None if weights is None else dict(weights=weights)
        super().__init__(network, f'weights of {net!r}', **kwargs)

    def build_network(self, network: Union[dict,
                                           nn.Module]) -> Optional[nn.Module]:
        """Build torchmetrics' LPIPS with the weights."""
        try:
            from torchmetrics.image import \
                LearnedPerceptualImagePatchSimilarity
        except ImportError as error:
            self.skip(f'{error.name} is not installed: pip install '
                      'torchmetrics torch-fidelity')
            return None
        path = network['weights']
        _check_weights(path, self.net)
        before = torch.hub.get_dir()
        with tempfile.TemporaryDirectory() as folder:
            # torchvision uses a file in its cache instead of a download.
            os.makedirs(osp.join(folder, 'checkpoints'))
            os.symlink(
                osp.abspath(path),
                osp.join(folder, 'checkpoints', _weights_name(self.net)))
            torch.hub.set_dir(folder)
            try:
                return LearnedPerceptualImagePatchSimilarity(
                    net_type=self.net, reduction='none')
            finally:
                torch.hub.set_dir(before)

    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Score the pairs of one batch."""
        found: List[Optional[dict]] = [None] * len(samples)
        for k, sample in enumerate(samples):
            if 'fake_img' in sample and 'gt_img' in sample:
                pair = [
                    self._prepare(sample[key])
                    for key in ('fake_img', 'gt_img')
                ]
                distance = self.network(*pair)
                found[k] = dict(distance=float(distance.reshape(())))
                # torchmetrics would keep the sums of all pairs.
                self.network.reset()
        return found

    def _prepare(self, image: Tensor) -> Tensor:
        """Convert ``(C, H, W)`` uint8 to ``(1, 3, H, W)`` RGB in [-1, 1]."""
        rgb = to_network_range(image[None].to(get_device()))
        rgb = rgb.expand(-1, 3, -1, -1) if len(image) == 1 else rgb.flip(1)
        scale = self.min_side / min(rgb.shape[2:])
        if scale > 1:
            rgb = F.interpolate(
                rgb, scale_factor=scale, mode='bilinear', align_corners=False)
        # torchmetrics refuses values that rounding moved out of the range.
        return rgb.clamp(-1, 1)

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Average over the pairs."""
        return dict(
            paired=float(np.mean([row['distance'] for row in found])),
            pairs=len(found))


def _weights_name(net: str) -> str:
    """Return the file name of a network's weights in torchvision."""
    import torchvision
    return osp.basename(getattr(torchvision.models, NETWORKS[net]).DEFAULT.url)


def _check_weights(path: str, net: str) -> None:
    """Raise an error if a file is unsafe, damaged or of another network."""
    # torchvision itself would unpickle any object of the file.
    if 'features.0.weight' not in load_checkpoint_safely(path)['state_dict']:
        raise ValueError(f'weights {path} are of another network; expected '
                         f'the file {_weights_name(net)} of torchvision')
