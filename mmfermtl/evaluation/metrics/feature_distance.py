import warnings
from typing import Any, Dict, List, Optional, Sequence, Union

import torch
from mmengine.device import get_device
from torch import Tensor, nn

from ...registry import METRICS
from ..functional.generated_images import generated_images
from .frozen_part_metric import FrozenPartMetric, Part


@METRICS.register_module()
class FeatureDistance(FrozenPartMetric):
    """KID and FID between the painted faces and the real ones.

    Gives ``distribution/KID`` (mean over subsets, times 1000),
    ``distribution/FID``, lower is nearer, and the numbers of faces. With
    some hundred faces, fewer than features, FID is far too high whatever was
    painted: compare it at equal numbers only, or take KID, which is not
    biased. torchmetrics computes both.

    Args:
        weights (str, optional): File of the Inception network in the port of
            torch-fidelity, ``weights-inception-2015-12-05-6726825d.pth``.
            Defaults to None.
        extractor (dict | nn.Module, optional): Another network, from
            ``(N, C, H, W)`` uint8 to ``(N, D)``. The numbers are then not
            those that papers call KID and FID. Defaults to None.
        **kwargs: See :class:`FrozenPartMetric`.

    Raises:
        ValueError: If the file is damaged, or both networks are given.
    """

    default_prefix = 'distribution'

    def __init__(self,
                 weights: Optional[str] = None,
                 extractor: Part = None,
                 **kwargs) -> None:
        if weights is not None and extractor is not None:
            raise ValueError('FeatureDistance: give `weights` of Inception or '
                             'another `extractor`, not both')
        part = extractor if weights is None else dict(weights=weights)
        super().__init__(part, 'weights or extractor', **kwargs)

    def build_part(self, part: Union[dict, nn.Module]) -> Optional[nn.Module]:
        """Build Inception upon the file, or the other network."""
        try:
            import torchmetrics.image  # noqa: F401
            if isinstance(part, dict) and set(part) == {'weights'}:
                return _Inception(part['weights'])
        except ImportError as error:
            self.skip(f'{error.name} is not installed: pip install '
                      'torchmetrics torch-fidelity')
            return None
        return super().build_part(part)

    def look(self, pictures: List[Tensor],
             samples: Sequence[dict]) -> List[Optional[dict]]:
        """Take the features of the real faces and the painted ones."""
        painted = [generated_images(sample)[1] for sample in samples]
        faces = pictures + [face for part in painted for face in part]
        feats = iter(self.part(torch.stack(faces).to(get_device())).cpu())
        real = [next(feats) for _ in pictures]
        return [
            dict(real=vector, painted=[next(feats)
                                       for _ in part]) if len(part) else None
            for vector, part in zip(real, painted)
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Compare the two sets of features."""
        from torchmetrics.image import (FrechetInceptionDistance,
                                        KernelInceptionDistance)
        real = torch.stack([row['real'] for row in found])
        painted = torch.stack([v for row in found for v in row['painted']])
        metrics = dict(real=len(real), painted=len(painted))
        if min(len(real), len(painted)) < 2:
            return metrics
        same = nn.Identity()
        same.num_features = real.shape[1]
        # KID draws its subsets from the global generator.
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            torch.manual_seed(0)
            # The first rank alone comes here, with the faces of all.
            alone = dict(feature=same, sync_on_compute=False)
            fid = FrechetInceptionDistance(**alone)
            kid = KernelInceptionDistance(
                subset_size=min(len(real), len(painted), 1000), **alone)
            for metric in (fid, kid):
                metric.update(real.float(), real=True)
                metric.update(painted.float(), real=False)
            metrics['KID'] = 1000 * float(kid.compute()[0])
            metrics['FID'] = float(fid.compute())
        return metrics


class _Inception(nn.Module):
    """The network of FID in torch-fidelity's port, from a file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        from torch_fidelity import FeatureExtractorInceptionV3
        try:
            # torch-fidelity itself would run what the file says.
            torch.load(path, map_location='cpu', weights_only=True)
            self.network = FeatureExtractorInceptionV3(
                'inception-v3-compat', ['2048'],
                feature_extractor_weights_path=path)
        except Exception as error:  # torch has no common base for these
            raise ValueError(
                f'weights {path} are damaged, not safe or of another network '
                f'({type(error).__name__}); expected torch-fidelity\'s '
                'weights-inception-2015-12-05-6726825d.pth') from error

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, C, H, W)`` uint8, grey or BGR, to ``(N, 2048)``."""
        grey = pictures.shape[1] == 1
        rgb = pictures.expand(-1, 3, -1, -1) if grey else pictures.flip(1)
        parts = [self.network(part)[0] for part in rgb.split(32)]
        return torch.cat(parts)
