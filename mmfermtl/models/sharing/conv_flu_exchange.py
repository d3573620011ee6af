from typing import Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS
from .conv_flu import ConvFLU, Gates


@MODELS.register_module()
class ConvFLUExchange(BaseModule):
    """An exchange point: a ConvFLU in each direction between two branches.

    Source: Zhao et al., ICPR 2020, Fig. 1. Both directions look at the same
    two features, so they are joined once: one convolution gives the four
    gates, and a grouped one each gives the two terms of both candidates.
    That is exact, see :class:`ConvFLU` for the equations, and keeps the two
    units apart as modules.

    Any module with this ``forward`` that takes ``channels`` and ``fer_only``
    can stand at an exchange point.

    Args:
        channels (int): Channels ``C`` of both branches.
        fer_only (bool): Whether to build the direction towards recognition
            alone. Defaults to False.
        kernel_size (int): Defaults to 3.
        update_bias (float, optional): See :class:`ConvFLU`. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 channels: int,
                 fer_only: bool = False,
                 kernel_size: int = 3,
                 update_bias: Optional[float] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.to_fer = ConvFLU(channels, kernel_size, update_bias)
        self.to_fes = None if fer_only else ConvFLU(channels, kernel_size,
                                                    update_bias)

    def forward(self,
                fer: Tensor,
                fes: Tensor,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Exchange features.

        Args:
            fer (Tensor): Recognition features, ``(N, C, H, W)``.
            fes (Tensor): Synthesis features, ``(N, C, H, W)``.
            fer_only (bool): Whether only recognition needs a result.
                Defaults to False.

        Returns:
            tuple[Tensor, Tensor | None]: New features of recognition, and of
            synthesis (None if ``fer_only``), same shapes.
        """
        if fer_only or self.to_fes is None:
            return self.to_fer(fer, fes), None
        fer_out, fes_out, _ = self._exchange(fer, fes)
        return fer_out, fes_out

    def gates(self, fer: Tensor, fes: Tensor) -> Dict[str, Gates]:
        """Gates of both directions for the same inputs as :meth:`forward`.

        Returns:
            dict[str, Gates]: Keys ``'to_fer'`` and ``'to_fes'``, the latter
            only if that direction was built.
        """
        if self.to_fes is None:
            return dict(to_fer=self.to_fer(fer, fes, return_gates=True)[1])
        return self._exchange(fer, fes)[2]

    def _exchange(self, fer: Tensor,
                  fes: Tensor) -> Tuple[Tensor, Tensor, Dict[str, Gates]]:
        a, b = self.to_fer, self.to_fes
        both = torch.cat([fer, fes], dim=1)
        padding = a.reset_gate.padding
        # The second unit expects its receiver, the FES features, first.
        weight = torch.cat([
            a.reset_gate.weight, a.update_gate.weight,
            b.reset_gate.weight.roll(b.channels, 1),
            b.update_gate.weight.roll(b.channels, 1)
        ])
        gates = F.conv2d(both, weight, self._gate_bias(), padding=padding)
        r_fer, z_fer, r_fes, z_fes = torch.sigmoid(gates).chunk(4, dim=1)
        leaked = F.conv2d(
            torch.cat([r_fer * fes, r_fes * fer], dim=1),
            torch.cat([a.from_giver.weight, b.from_giver.weight]),
            padding=padding,
            groups=2)
        own = F.conv2d(
            both,
            torch.cat([a.from_receiver.weight, b.from_receiver.weight]),
            padding=padding,
            groups=2)
        update = torch.cat([z_fer, z_fes], dim=1)
        out = torch.lerp(both,
                         torch.tanh(leaked + own).to(both), update.to(both))
        fer_out, fes_out = out.chunk(2, dim=1)
        return fer_out, fes_out, dict(
            to_fer=Gates(r_fer, z_fer), to_fes=Gates(r_fes, z_fes))

    def _gate_bias(self) -> Optional[Tensor]:
        biases = [self.to_fer.update_gate.bias, self.to_fes.update_gate.bias]
        if biases[0] is None:
            return None
        none = torch.zeros_like(biases[0])
        return torch.cat([none, biases[0], none, biases[1]])
