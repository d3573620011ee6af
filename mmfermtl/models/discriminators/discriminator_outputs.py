from typing import NamedTuple

from torch import Tensor


class DiscriminatorOutputs(NamedTuple):
    """What a discriminator returns that classifies expressions, too."""

    #: Logits of the patches, ``(N, 1, h, w)``.
    patches: Tensor
    #: Logits of the expressions, ``(N, E)``.
    classes: Tensor
