"""Generate images with a trained model."""
from typing import List, Sequence

import torch
from torch import Tensor, nn

from ..structures import to_network_range, to_picture
from ..utils.errors import UserError


def check_generates(model: nn.Module) -> None:
    """Raise a UserError if a model has no generator."""
    network = getattr(model, 'network', None)
    if getattr(network, 'generator', None) is None:
        raise UserError('the model has no generator, so it cannot synthesize '
                        'images; give a checkpoint and a config with one')


@torch.no_grad()
def generate_images(model: nn.Module, images: Tensor,
                    targets: Sequence[Tensor]) -> List[Tensor]:
    """Translate each image to each target.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL` with a generator.
        images (Tensor): Source images ``(N, C, H, W)`` uint8.
        targets (Sequence[Tensor]): Target vectors, ``(N, E)`` float32 each.

    Returns:
        list[Tensor]: Generated images ``(N, C, H, W)`` uint8 on the CPU, for
        each target.
    """
    device = next(model.parameters(), torch.empty(0)).device
    fakes = model.network(
        to_network_range(images.to(device)),
        [target.to(device) for target in targets]).fakes
    return [to_picture(fake).cpu() for fake in fakes]
