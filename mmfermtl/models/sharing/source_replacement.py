"""Let recognition get other features than those of the other branch."""
from contextlib import contextmanager
from typing import Callable, Iterator

from torch import Tensor, nn

from .hard_sharing import HardSharing

#: Number of the exchange point in the pass, from 0, and what is given there,
#: ``(N, C, H, W)``, to what is given in its place, same shape.
Replacement = Callable[[int, Tensor], Tensor]


@contextmanager
def replace_source(backbone: nn.Module, replacement: Replacement) -> Iterator:
    """Replace what the FES branch gives to the FER branch.

    The direction towards synthesis stays as it is. Any unit will do that
    has :meth:`ConvFLUExchange.forward
    <mmfermtl.models.sharing.ConvFLUExchange.forward>`. It works a second
    time for the new features: use it in evaluation mode, where the running
    statistics of norms stay as they are.

    Args:
        backbone (nn.Module): Such as
            :class:`~mmfermtl.models.ConvFLUBackbone`, its units in
            ``sharing``.
        replacement (Callable): Called at each exchange point.

    Raises:
        ValueError: If the branches exchange nothing.
    """
    units = [
        unit for unit in getattr(backbone, 'sharing', ())
        if not isinstance(unit, HardSharing)
    ]
    if not units:
        raise ValueError(f'{type(backbone).__name__} has no units that give '
                         'features of one branch to the other')
    point = 0

    def begin(*args) -> None:
        nonlocal point
        point = 0

    def give(unit: nn.Module, args: tuple, out: tuple) -> tuple:
        nonlocal point
        fer, fes = args
        # forward, not a call: the hook must not see this pass.
        changed = unit.forward(fer, replacement(point, fes), fer_only=True)[0]
        point += 1
        return changed, out[1]

    handles = [backbone.register_forward_pre_hook(begin)]
    handles += [unit.register_forward_hook(give) for unit in units]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
