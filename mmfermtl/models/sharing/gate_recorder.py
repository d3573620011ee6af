"""Record the gates of the sharing units during a forward pass."""
from contextlib import contextmanager
from typing import Dict, Iterator, List

import torch
from torch import nn

from ...utils.compile_options import uncompiled
from .conv_flu import Gates

#: Gates of one exchange point by direction, ``'to_fer'`` and ``'to_fes'``.
PointGates = Dict[str, Gates]


@contextmanager
def record_gates(backbone: nn.Module) -> Iterator[List[PointGates]]:
    """Record the gates of the first pass through a backbone.

    The gates are computed a second time, without gradients, from the inputs
    of each unit; so the units' ``forward`` costs nothing more when nothing is
    recorded. Units without gates are left out. Only the first pass counts,
    because losses send generated images through the backbone afterwards. A
    compiled network runs as it is written meanwhile.

    Args:
        backbone (nn.Module): Such as
            :class:`~mmfermtl.models.ConvFLUBackbone`.

    Yields:
        list[dict[str, Gates]]: One dict per exchange point, in the order of
        the pass, filled while the backbone runs; gates are ``(N, C, H, W)``
        in (0, 1). A direction that was not computed, such as ``'to_fes'``
        in a pass for recognition only, is missing.

    Raises:
        ValueError: At the end, if no pass was seen.
    """
    points: List[PointGates] = []
    done: List[bool] = []

    def record(unit: nn.Module, args: tuple, kwargs: dict, out: tuple) -> None:
        if not done:
            with torch.no_grad():
                gates = unit.gates(*(x.detach() for x in args[:2]))
            # Only recognition was requested: nothing flowed to synthesis.
            if out[1] is None:
                gates.pop('to_fes', None)
            points.append(gates)

    handles = [backbone.register_forward_hook(lambda *args: done.append(True))]
    handles += [
        # fer_only comes as a keyword, which plain hooks would not get.
        unit.register_forward_hook(record, with_kwargs=True)
        for unit in backbone.modules() if hasattr(unit, 'gates')
    ]
    try:
        with uncompiled():
            yield points
    finally:
        for handle in handles:
            handle.remove()
    check_seen(bool(done), backbone)


def check_seen(seen: bool, backbone: nn.Module) -> None:
    """Raise an error if no pass through a backbone called its hooks."""
    if not seen:
        raise ValueError(
            f'no pass through {type(backbone).__name__} was seen, expected '
            'one while its features are read; call the backbone or its '
            'network there')
