"""Find the exchange points between the branches, and build their units."""
from typing import Any, Dict, Optional, Sequence, Tuple

from mmengine.model import ModuleList

from ...registry import MODELS
from ..sharing import HardSharing
from .arch_presets import resolve_indices
from .stage_plan import StagePlan


def exchange_stages(sharing: Optional[Dict[str, Any]], exchange: Sequence[int],
                    depth: int) -> Tuple[Tuple[int, ...], int]:
    """Find the stages that have a sharing unit behind them.

    Args:
        sharing (dict, optional): Config of a unit, None for no exchange.
        exchange (Sequence[int]): Stages at which the branches exchange
            features; hard sharing ignores it.
        depth (int): Number of stages.

    Returns:
        tuple: Indices of the stages, and the number of first stages that
        both branches have in common (0 unless hard sharing).

    Raises:
        ValueError: If a stage does not exist.
    """
    if sharing is None:
        return (), 0
    # The class, not its name: a subclass may be registered under another.
    unit = sharing['type']
    unit = MODELS.get(unit) if isinstance(unit, str) else unit
    if not (isinstance(unit, type) and issubclass(unit, HardSharing)):
        return resolve_indices(exchange, depth, 'exchange'), 0
    common = sharing.get('depth', 1)
    if not 1 <= common <= depth:
        raise ValueError(f'depth={common} of hard sharing does not fit {depth}'
                         ' stages; for a common stem only, set sharing=None')
    return tuple(range(common)), common


def build_units(sharing: Optional[Dict[str, Any]], widths: Sequence[int],
                plan: Sequence[StagePlan]) -> ModuleList:
    """Build the sharing units.

    Args:
        sharing (dict, optional): Config of a unit. With
            ``across_stages=True`` in it, one unit serves all points.
        widths (Sequence[int]): Channels of each stage.
        plan (Sequence[StagePlan]): Plan of each stage.

    Returns:
        ModuleList: One unit for each point, or one for all.

    Raises:
        ValueError: If one unit is to serve stages of different widths.
    """
    points = [(width, step.fer_only) for width, step in zip(widths, plan)
              if step.unit is not None]
    sharing = dict(sharing or {})  # a copy, because of the pop
    if sharing.pop('across_stages', False) and points:
        found = [width for width, _ in points]
        if len(set(found)) > 1:
            raise ValueError(
                f'across_stages=True: the exchange points have {found} '
                'channels, but one unit has one number; set `channels` to '
                'equal widths there, or across_stages=False')
        # The unit needs both directions if any of its points does.
        points = [(found[0], all(fer_only for _, fer_only in points))]
    return ModuleList([
        MODELS.build(dict(sharing, channels=width, fer_only=fer_only))
        for width, fer_only in points
    ])
