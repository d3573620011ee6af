"""Cut a network into the parts that are exported."""
from typing import Optional, Tuple

from torch import Tensor, nn

from ..models import FERMTLNetwork


class RecogniserPart(nn.Module):
    """Classify faces: backbone, neck and head.

    Args:
        network (FERMTLNetwork): A network with a head.
    """

    def __init__(self, network: FERMTLNetwork) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, faces: Tensor) -> Tensor:
        """Compute logits ``(N, E)`` of faces ``(N, C, H, W)`` in [-1, 1]."""
        return self.network.head(self.network(faces).fer_feats)


class EncoderPart(nn.Module):
    """Compute the features of synthesis, which depend on no target.

    Args:
        network (FERMTLNetwork): A network with a generator.
    """

    def __init__(self, network: FERMTLNetwork) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, faces: Tensor) -> Tuple[Tensor, ...]:
        """Compute features ``(N, C_i, H_i, W_i)``.

        Args:
            faces (Tensor): ``(N, C, H, W)`` in [-1, 1].
        """
        return tuple(self.network.backbone(faces, branches='fes'))


class DecoderPart(nn.Module):
    """Generate faces from features and a target.

    Args:
        network (FERMTLNetwork): A network with a generator.
    """

    def __init__(self, network: FERMTLNetwork) -> None:
        super().__init__()
        self.generator = network.generator
        #: Whether the generator mixes its image with the source.
        self.change_mask = bool(
            getattr(network.generator, 'change_mask', False))
        #: Whether it displaces the source.
        self.warp = bool(getattr(network.generator, 'warp', False))
        self.eval()

    def forward(self,
                features: Tuple[Tensor, ...],
                targets: Tensor,
                faces: Optional[Tensor] = None) -> Tuple[Tensor, ...]:
        """Generate images ``(N, C, H, W)`` in [-1, 1].

        With ``warp`` the flow ``(N, 2, H, W)`` of the generator follows.

        Args:
            features (tuple[Tensor]): Of :class:`EncoderPart`.
            targets (Tensor): Probability vectors, ``(N, E)``.
            faces (Tensor, optional): The sources ``(N, C, H, W)``, of a
                generator with a change mask alone. Defaults to None.
        """
        source = () if faces is None else (faces, )
        if self.warp:
            return self.generator.generate(tuple(features), targets, *source)
        return (self.generator(tuple(features), targets, *source), )
