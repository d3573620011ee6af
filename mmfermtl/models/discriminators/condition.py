from typing import Optional

from torch import Tensor


def check_condition(score: Optional[Tensor], images: int,
                    num_classes: int) -> Tensor:
    """Return the expressions that images should show.

    Args:
        score (Tensor, optional): ``(N, E)``.
        images (int): Number ``N`` of images.
        num_classes (int): Number of expressions ``E``.

    Returns:
        Tensor: ``(N, E)``, unchanged.

    Raises:
        ValueError: If they are missing or of another number.
    """
    if score is None or score.size(1) != num_classes:
        shape = None if score is None else tuple(score.shape)
        raise ValueError('the discriminator needs a target of shape '
                         f'({images}, {num_classes}), got {shape}')
    return score
