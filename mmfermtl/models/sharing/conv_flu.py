from typing import NamedTuple, Optional, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


class Gates(NamedTuple):
    """The two gates of a ConvFLU, each ``(N, C, H, W)`` in (0, 1)."""

    #: ``r``: what of the giver may leak in.
    reset: Tensor
    #: ``z``: how much of the receiver is replaced by the candidate.
    update: Tensor


@MODELS.register_module()
class ConvFLU(BaseModule):
    r"""Convolutional Feature Leaky Unit, one direction.

    With the receiver :math:`F_x`, the giver :math:`F_y`, convolutions
    :math:`*` and element-wise products :math:`\odot`:

    .. math::
        r &= \sigma(W_r * [F_x, F_y]) \\
        \tilde F &= \tanh(W * (r \odot F_y) + U * F_x) \\
        z &= \sigma(W_z * [F_x, F_y]) \\
        F_x' &= (1 - z) \odot F_x + z \odot \tilde F

    Source: the figure of Zhao et al., ICPR 2020. Both public releases write
    :math:`z` for :math:`1 - z`; weights of theirs fit after negating those
    of the update gate. Kernels are 3x3 in the release of 2020, 1x1 in that
    of 2021. Initialisation is torch's default for convolutions, as in the
    releases.

    Args:
        channels (int): Channels ``C`` of both features.
        kernel_size (int): Odd size of all kernels. Defaults to 3.
        update_bias (float, optional): Initial value of a trainable bias of
            the update gate; negative values begin with little exchange. None
            means no bias, as in the paper. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import ConvFLU
        >>> unit = ConvFLU(8)
        >>> x, y = torch.rand(2, 8, 6, 6), torch.rand(2, 8, 6, 6)
        >>> unit(x, y).shape
        torch.Size([2, 8, 6, 6])
    """

    def __init__(self,
                 channels: int,
                 kernel_size: int = 3,
                 update_bias: Optional[float] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if kernel_size % 2 == 0:
            raise ValueError(f'kernel_size={kernel_size} must be odd')
        conv = dict(
            kernel_size=kernel_size, padding=kernel_size // 2, bias=False)
        self.channels = channels
        self.reset_gate = nn.Conv2d(2 * channels, channels, **conv)
        self.update_gate = nn.Conv2d(2 * channels, channels, **conv)
        self.from_giver = nn.Conv2d(channels, channels, **conv)
        self.from_receiver = nn.Conv2d(channels, channels, **conv)
        if update_bias is not None:
            self.update_gate.bias = nn.Parameter(
                torch.full((channels, ), float(update_bias)))

    def forward(
            self,
            target: Tensor,
            source: Tensor,
            return_gates: bool = False) -> Union[Tensor, Tuple[Tensor, Gates]]:
        """Let features leak from the giver into the receiver.

        Args:
            receiver (Tensor): ``(N, C, H, W)``.
            giver (Tensor): ``(N, C, H, W)``.
            return_gates (bool): Whether to return the gates too. Defaults to
                False.

        Returns:
            Tensor | tuple[Tensor, Gates]: The receiver's new features, same
            shape; with their gates if asked for.
        """
        both = torch.cat([target, source], dim=1)
        reset = torch.sigmoid(self.reset_gate(both))
        update = torch.sigmoid(self.update_gate(both))
        candidate = torch.tanh(
            self.from_giver(reset * source) + self.from_receiver(target))
        out = torch.lerp(target, candidate.to(target), update.to(target))
        return (out, Gates(reset, update)) if return_gates else out
