import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class UpsampleConv2d(nn.Conv2d):
    """Nearest upsampling by two and a convolution, as one layer.

    The two steps are computed as one transposed convolution whose kernel is
    that of the convolution summed over 2x2 windows, since four pixels of the
    enlarged image are one pixel of the input: the same values with 16
    products where a 3x3 kernel has 36, and without the enlarged image. The
    weights are those of the convolution.

    Usable in any :class:`mmcv.cnn.ConvModule`, with
    ``conv_cfg=dict(type='mmfermtl.UpsampleConv2d')``.

    Args:
        *args: See :class:`torch.nn.Conv2d`.
        **kwargs: The same.

    Raises:
        ValueError: Unless the kernel is odd and square and the convolution
            plain: stride 1, half the kernel as padding with zeros, no
            dilation, one group.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import UpsampleConv2d
        >>> layer = UpsampleConv2d(32, 16, 3, padding=1)
        >>> layer(torch.rand(2, 32, 24, 24)).shape
        torch.Size([2, 16, 48, 48])
    """

    #: Smaller maps take the two steps, which are faster there on a CPU.
    _MIN_SIZE = 6

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        half = self.kernel_size[0] // 2
        expected = dict(
            kernel_size=(2 * half + 1, ) * 2,
            stride=(1, 1),
            padding=(half, half),
            dilation=(1, 1),
            groups=1,
            padding_mode='zeros')
        # Other options would be ignored silently by the transposed form.
        for name, value in expected.items():
            found = getattr(self, name)
            if found != value:
                raise ValueError(f'UpsampleConv2d with {name}={found!r}; '
                                 f'expected {value!r}')

    def forward(self, x: Tensor) -> Tensor:
        """Upsample and convolve.

        Args:
            x (Tensor): ``(N, C, H, W)``.

        Returns:
            Tensor: ``(N, out_channels, 2 H, 2 W)``.
        """
        # Other numbers of channels take the two steps as well: with PyTorch
        # 2.15 (oneDNN 3.13), strided convolutions of 4 channels in the
        # channels-last format were seen to corrupt memory in test runs of
        # narrow networks. Single layers did not reproduce it.
        if (min(x.shape[2:]) < self._MIN_SIZE or self.in_channels % 8
                or self.out_channels % 8):
            return super().forward(F.interpolate(x, scale_factor=2))
        return F.conv_transpose2d(
            x,
            _summed_kernel(self.weight),
            self.bias,
            stride=2,
            padding=self.padding)


def _summed_kernel(weight: Tensor) -> Tensor:
    """Sum ``(O, I, K, K)`` over 2x2 windows, ``(I, O, K + 1, K + 1)``."""
    wide = F.pad(weight, (1, 1, 1, 1))
    rows = wide[:, :, 1:] + wide[:, :, :-1]
    # A transposed convolution mirrors its kernel and swaps the channels.
    return (rows[..., 1:] + rows[..., :-1]).flip(2, 3).transpose(0, 1)
