"""Convert between grey and colour images."""
from typing import Optional

from torch import Tensor


def match_channels(img: Tensor, channels: Optional[int]) -> Tensor:
    """Convert images to the number of channels that a network expects.

    Args:
        img (Tensor): ``(N, C, H, W)``, grey or BGR, in any range.
        channels (int, optional): 1 for the weighted mean of BGR by ITU-R
            BT.601, as :class:`~mmfermtl.datasets.ToGray`, 3 for repeated
            grey, or None to leave the images as they are.

    Returns:
        Tensor: ``(N, channels, H, W)``; other combinations are returned
        unchanged.
    """
    if channels == 1 and img.size(1) == 3:
        # Blue, green, red: images are BGR as OpenCV reads them.
        weights = img.new_tensor([0.114, 0.587, 0.299]).view(3, 1, 1)
        return (img * weights).sum(dim=1, keepdim=True)
    if channels == 3 and img.size(1) == 1:
        return img.expand(-1, 3, -1, -1)  # a view, nothing is copied
    return img
