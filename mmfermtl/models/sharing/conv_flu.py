from typing import NamedTuple, Optional, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


class Gates(NamedTuple):
    """The two gates of a ConvFLU, ``(N, C, H, W)`` in (0, 1) each."""

    #: ``r``: how much of each source feature enters the candidate.
    reset: Tensor
    #: ``z``: how much of each target feature the candidate replaces.
    update: Tensor


@MODELS.register_module()
class ConvFLU(BaseModule):
    r"""Convolutional Feature Leaky Unit, one direction.

    With the target features :math:`F_x`, the source features :math:`F_y`,
    convolutions :math:`*` and element-wise products :math:`\odot`:

    .. math::
        r &= \sigma(W_r * [F_x, F_y]) \\
        \tilde F &= \tanh(W * (r \odot F_y) + U * F_x) \\
        z &= \sigma(W_z * [F_x, F_y]) \\
        F_x' &= (1 - z) \odot F_x + z \odot \tilde F

    Source: the figure of Zhao et al., ICPR 2020. Both public releases write
    :math:`z` for :math:`1 - z`; their weights fit after negating those of
    the update gate. Kernels are 3x3 in the release of 2020, 1x1 in that of
    2021. The initialisation is PyTorch's default for convolutions, as in the
    releases.

    Args:
        channels (int): Channels ``C`` of both features.
        kernel_size (int): Odd size of all kernels. Defaults to 3.
        update_bias (float, optional): Initial value of a trainable bias of
            the update gate; with a negative value the exchange starts small.
            None means no bias, as in the paper. Defaults to None.
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
        # W (of the source) and U (of the target). The names are keys of
        # published checkpoints, so they keep the former terms.
        self.from_giver = nn.Conv2d(channels, channels, **conv)
        self.from_receiver = nn.Conv2d(channels, channels, **conv)
        # Set after the construction: PyTorch would draw it at random.
        if update_bias is not None:
            self.update_gate.bias = nn.Parameter(
                torch.full((channels, ), float(update_bias)))

    def forward(
            self,
            target: Tensor,
            source: Tensor,
            return_gates: bool = False) -> Union[Tensor, Tuple[Tensor, Gates]]:
        """Update the target features with what leaks from the source.

        Args:
            target (Tensor): ``(N, C, H, W)``.
            source (Tensor): ``(N, C, H, W)``.
            return_gates (bool): Whether to return the gates too. Defaults to
                False.

        Returns:
            Tensor | tuple[Tensor, Gates]: The new target features
            ``(N, C, H, W)``, with the gates if requested.
        """
        both = torch.cat([target, source], dim=1)  # (N, 2 C, H, W)
        reset = torch.sigmoid(self.reset_gate(both))
        update = torch.sigmoid(self.update_gate(both))
        candidate = torch.tanh(
            self.from_giver(reset * source) + self.from_receiver(target))
        # Under autocast the convolutions return half precision, the features
        # may be float32; lerp takes one type only.
        out = torch.lerp(target, candidate.to(target), update.to(target))
        return (out, Gates(reset, update)) if return_gates else out
