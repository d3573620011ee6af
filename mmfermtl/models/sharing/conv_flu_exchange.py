from typing import Dict, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS
from .conv_flu import ConvFLU, Gates


@MODELS.register_module()
class ConvFLUExchange(BaseModule):
    """An exchange point: one ConvFLU per direction between two branches.

    Source: Zhao et al., ICPR 2020, Fig. 1. Both directions read the same two
    features, so the convolutions are merged: one gives the four gates, and
    two grouped ones give the two terms of both candidates. The result is that
    of two :class:`ConvFLU`, which stay separate modules.

    Any module with this ``forward`` whose constructor takes ``channels`` and
    ``fer_only`` can replace it at an exchange point.

    Args:
        channels (int): Channels ``C`` of both branches.
        fer_only (bool): Whether to build only the direction from synthesis to
            recognition. Defaults to False.
        kernel_size (int): Defaults to 3.
        update_bias (float, optional): See :class:`ConvFLU`. Defaults to None.
        detach (Sequence[str]): Directions whose source features get no
            gradient: with ``'to_fer'`` the loss of recognition does not train
            the synthesis branch, with ``'to_fes'`` the other way round. Ours.
            Defaults to ().
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 channels: int,
                 fer_only: bool = False,
                 kernel_size: int = 3,
                 update_bias: Optional[float] = None,
                 detach: Sequence[str] = (),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if isinstance(detach, str) or not set(detach) <= {'to_fer', 'to_fes'}:
            raise ValueError(f'detach={detach!r}; give a list of directions, '
                             "'to_fer' and 'to_fes'")
        self.detach = tuple(detach)
        self.to_fer = ConvFLU(channels, kernel_size, update_bias)
        self.to_fes = None if fer_only else ConvFLU(channels, kernel_size,
                                                    update_bias)

    def forward(self,
                fer: Tensor,
                fes: Tensor,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Exchange features between the branches.

        Args:
            fer (Tensor): Recognition features, ``(N, C, H, W)``.
            fes (Tensor): Synthesis features, ``(N, C, H, W)``.
            fer_only (bool): Whether to compute the recognition features only.
                Defaults to False.

        Returns:
            tuple[Tensor, Tensor | None]: New recognition and synthesis
            features, ``(N, C, H, W)`` each; the latter None if ``fer_only``.
        """
        to_fer_source = fes.detach() if 'to_fer' in self.detach else fes
        if fer_only or self.to_fes is None:
            return self.to_fer(fer, to_fer_source), None
        if self.detach:
            # Merged, each feature would be detached in both its roles.
            to_fes_source = fer.detach() if 'to_fes' in self.detach else fer
            return self.to_fer(fer,
                               to_fer_source), self.to_fes(fes, to_fes_source)
        fer_out, fes_out, _ = self._exchange(fer, fes)
        return fer_out, fes_out

    def gates(self, fer: Tensor, fes: Tensor) -> Dict[str, Gates]:
        """Compute the gates of both directions.

        Args:
            fer (Tensor): Recognition features, ``(N, C, H, W)``.
            fes (Tensor): Synthesis features, ``(N, C, H, W)``.

        Returns:
            dict[str, Gates]: Keys ``'to_fer'`` and ``'to_fes'``, the latter
            only if that direction was built.
        """
        if self.to_fes is None:
            return dict(to_fer=self.to_fer(fer, fes, return_gates=True)[1])
        return self._exchange(fer, fes)[2]

    def _exchange(self, fer: Tensor,
                  fes: Tensor) -> Tuple[Tensor, Tensor, Dict[str, Gates]]:
        """Compute both directions at once, with three convolutions.

        Takes and returns features ``(N, C, H, W)``.
        """
        a, b = self.to_fer, self.to_fes
        both = torch.cat([fer, fes], dim=1)  # (N, 2 C, H, W)
        padding = a.reset_gate.padding
        # The second unit expects its target, the FES features, first; rolling
        # its input channels is cheaper than a second concatenation.
        weight = torch.cat([
            a.reset_gate.weight, a.update_gate.weight,
            b.reset_gate.weight.roll(b.channels, 1),
            b.update_gate.weight.roll(b.channels, 1)
        ])
        gates = F.conv2d(both, weight, self._gate_bias(), padding=padding)
        # (N, C, H, W) each.
        r_fer, z_fer, r_fes, z_fes = torch.sigmoid(gates).chunk(4, dim=1)
        # Groups keep the two units apart: each reads its own half.
        from_source = F.conv2d(
            torch.cat([r_fer * fes, r_fes * fer], dim=1),
            torch.cat([a.from_giver.weight, b.from_giver.weight]),
            padding=padding,
            groups=2)
        from_target = F.conv2d(
            both,
            torch.cat([a.from_receiver.weight, b.from_receiver.weight]),
            padding=padding,
            groups=2)
        candidate = torch.tanh(from_source + from_target)
        update = torch.cat([z_fer, z_fes], dim=1)
        out = torch.lerp(both, candidate.to(both), update.to(both))
        fer_out, fes_out = out.chunk(2, dim=1)
        return fer_out, fes_out, dict(
            to_fer=Gates(r_fer, z_fer), to_fes=Gates(r_fes, z_fes))

    def _gate_bias(self) -> Optional[Tensor]:
        """Join the biases of the four gates, ``(4 C, )``, if there are any."""
        biases = [self.to_fer.update_gate.bias, self.to_fes.update_gate.bias]
        if biases[0] is None:
            return None
        zeros = torch.zeros_like(biases[0])  # reset gates have no bias
        return torch.cat([zeros, biases[0], zeros, biases[1]])
