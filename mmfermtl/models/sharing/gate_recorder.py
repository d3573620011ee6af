"""Look at the gates of the sharing units while the backbone works."""
from contextlib import contextmanager
from typing import Dict, Iterator, List

import torch
from torch import nn

from .conv_flu import Gates

#: Gates of one exchange point by direction, ``'to_fer'`` and ``'to_fes'``.
PointGates = Dict[str, Gates]


@contextmanager
def record_gates(backbone: nn.Module) -> Iterator[List[PointGates]]:
    """Record the gates of the first pass through a backbone.

    The gates are computed a second time, without gradients, from the inputs
    that each unit gets; the units' own forward stays as it is, and costs
    nothing more when nobody records. Units without gates are left out.
    Losses send painted faces through the backbone after the real ones: only
    the first pass counts.

    Args:
        backbone (nn.Module): Such as
            :class:`~mmfermtl.models.ConvFLUBackbone`.

    Yields:
        list[dict[str, Gates]]: One entry for each exchange point, in the
        order of the pass, filled while the backbone runs. A direction that
        nobody needs, such as ``'to_fes'`` when recognition is asked for
        alone, is missing.
    """
    points: List[PointGates] = []
    done: List[bool] = []

    def look(unit: nn.Module, args: tuple, kwargs: dict, out: tuple) -> None:
        if not done:
            with torch.no_grad():
                gates = unit.gates(*(x.detach() for x in args[:2]))
            if out[1] is None:
                gates.pop('to_fes', None)
            points.append(gates)

    handles = [backbone.register_forward_hook(lambda *args: done.append(True))]
    handles += [
        unit.register_forward_hook(look, with_kwargs=True)
        for unit in backbone.modules() if hasattr(unit, 'gates')
    ]
    try:
        yield points
    finally:
        for handle in handles:
            handle.remove()
