"""Generate images with a trained model."""
from typing import List, Optional, Sequence

import torch
from torch import Tensor, nn

from ..expressions import match_classes
from ..models import ConvFLUBackbone
from ..structures import to_network_range, to_picture
from ..utils.errors import UserError


def check_generates(model: nn.Module) -> None:
    """Raise a UserError if a model has no generator."""
    network = getattr(model, 'network', None)
    if getattr(network, 'generator', None) is None:
        raise UserError('the model has no generator, so it cannot synthesize '
                        'images; give a checkpoint and a config with one')


def target_rows(classes: Sequence[str], known: Optional[Sequence[str]],
                name: str) -> Tensor:
    """Write classes as one-hot targets of a generator, matched by name.

    Args:
        classes (Sequence[str]): Expressions of a dataset.
        known (Sequence[str], optional): Those of the generator, in the order
            of its target vectors; None for the same.
        name (str): The generator, for the message.

    Returns:
        Tensor: A row for each class ``(len(classes), len(known))``, float32.

    Raises:
        UserError: If the generator lacks a class.

    Examples:
        >>> target_rows(['fear'], ['anger', 'fear'], 'generator')
        tensor([[0., 1.]])
    """
    if known is None or list(classes) == list(known):
        return torch.eye(len(classes))
    match = match_classes(classes, known)
    if match.added:
        raise UserError(
            f'the {name} knows {", ".join(known)}, but not '
            f'{", ".join(match.added)}; leave these out of the `classes` '
            'of the dataset, or give a generator that was trained on all')
    return torch.eye(len(known))[[there for _, there in match.pairs]]


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

    Raises:
        UserError: If the model takes images of other channels.
    """
    backbone = getattr(model.network, 'backbone', None)
    # Others repeat the channel of grey images.
    if isinstance(backbone,
                  ConvFLUBackbone) and images.shape[1] != backbone.in_channels:
        raise UserError(
            f'the images have {images.shape[1]} channels, but the model was '
            f'trained on images of {backbone.in_channels}: give a config '
            'whose test pipeline has those, with mmfermtl.ToGray for one')
    device = next(model.parameters(), torch.empty(0)).device
    fakes = model.network(
        to_network_range(images.to(device)),
        [target.to(device) for target in targets]).fakes
    return [to_picture(fake).cpu() for fake in fakes]
