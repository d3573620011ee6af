"""Replace the synthesis features that recognition reads."""
from contextlib import contextmanager
from typing import Callable, Iterator

from torch import Tensor, nn

from ...utils.compile_options import uncompiled
from .gate_recorder import check_seen
from .hard_sharing import HardSharing

#: Maps the number of the exchange point in the pass, from 0, and its source
#: features ``(N, C, H, W)`` to the features to use instead, same shape.
Replacement = Callable[[int, Tensor], Tensor]


@contextmanager
def replace_source(backbone: nn.Module, replacement: Replacement) -> Iterator:
    """Replace the source features of the direction from FES to FER.

    The direction towards synthesis is left unchanged. Works with any unit
    that has :meth:`ConvFLUExchange.forward
    <mmfermtl.models.sharing.ConvFLUExchange.forward>`. Each unit runs a
    second time on the new features: use it in evaluation mode, or the running
    statistics of norms would be updated twice. A compiled network runs as it
    is written meanwhile.

    Args:
        backbone (nn.Module): Such as
            :class:`~mmfermtl.models.ConvFLUBackbone`, its units in
            ``sharing``.
        replacement (Callable): Called at each exchange point.

    Raises:
        ValueError: If the branches exchange nothing, or at the end, if no
            pass was seen.
    """
    units = [
        unit for unit in getattr(backbone, 'sharing', ())
        if not isinstance(unit, HardSharing)
    ]
    if not units:
        raise ValueError(f'{type(backbone).__name__} has no units that '
                         'exchange features between its branches')
    point, seen = 0, False

    # A pass may stop in an error, so the count starts with each pass.
    def start_pass(*args) -> None:
        nonlocal point, seen
        point, seen = 0, True

    def recompute(unit: nn.Module, args: tuple, out: tuple) -> tuple:
        nonlocal point
        fer, fes = args
        # `forward` instead of a call, which would run this hook again.
        changed = unit.forward(fer, replacement(point, fes), fer_only=True)[0]
        point += 1
        return changed, out[1]

    handles = [backbone.register_forward_pre_hook(start_pass)]
    handles += [unit.register_forward_hook(recompute) for unit in units]
    try:
        with uncompiled():
            yield
    finally:
        for handle in handles:
            handle.remove()
    check_seen(seen, backbone)
