from typing import Optional, Tuple, Union

from torch import Tensor, nn

from .fermtl_network import FERMTLNetwork


class ClassifierProtocol:
    """What mmpretrain's tools ask of a classifier, for :class:`FERMTL`.

    The parts are those of the network, under the names that
    ``mmpretrain.ImageClassifier`` gives its own. They are views: modules and
    weights are registered once, as ``network.backbone`` and so on.
    """

    network: FERMTLNetwork

    @property
    def backbone(self) -> nn.Module:
        """nn.Module: The network's backbone, called with ``branches``."""
        return self.network.backbone

    @property
    def neck(self) -> Optional[nn.Module]:
        """nn.Module, optional: Between the FER features and the head."""
        return self.network.neck

    @property
    def head(self) -> Optional[nn.Module]:
        """nn.Module, optional: The recognition head."""
        return self.network.head

    @property
    def num_classes(self) -> int:
        """int: Number of expressions ``E`` of generator or head."""
        generator = self.network.generator
        return (self.head if generator is None else generator).num_classes

    @property
    def with_neck(self) -> bool:
        """bool: Whether there is a neck."""
        return self.neck is not None

    @property
    def with_head(self) -> bool:
        """bool: Whether there is a head."""
        return self.head is not None

    def get_layer_depth(self, param_name: str) -> Tuple[int, int]:
        """Depth of a parameter, see :class:`FERMTLNetwork`."""
        return self.network.get_layer_depth(param_name[len('network.'):])

    def extract_feat(self,
                     inputs: Tensor,
                     stage: str = 'neck') -> Union[Tensor, Tuple[Tensor, ...]]:
        """Extract the features of recognition.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            stage (str): ``'backbone'``, ``'neck'``, the same without a neck,
                or ``'pre_logits'``. Defaults to ``'neck'``.

        Returns:
            tuple[Tensor] | Tensor: FER features of backbone or neck, FES
            features where the network has no head; the vectors before the
            last layer of the head, ``(N, D)``, for ``'pre_logits'``.

        Raises:
            ValueError: If there is no such stage, or no such method in the
                head.
        """
        if stage not in ('backbone', 'neck', 'pre_logits'):
            raise ValueError(f"stage={stage!r}; give 'backbone', 'neck' or "
                             "'pre_logits'")
        if stage != 'pre_logits':
            return self.network.extract_feat(inputs, stage)
        if not hasattr(self.head, 'pre_logits'):
            found = type(self.head).__name__ if self.with_head else 'no head'
            raise ValueError(
                "stage='pre_logits' needs a head with that method, such as "
                f"mmfermtl.FERHead, found {found}; give 'backbone' or 'neck'")
        return self.head.pre_logits(self.network.extract_feat(inputs))
