"""Build the sharing units that stand between the branches."""
from typing import Any, Dict, List, Sequence, Tuple

from mmengine.model import ModuleList

from ...registry import MODELS
from ..sharing import HardSharing
from .arch_presets import resolve_indices


def exchange_stages(cfg: Dict[str, Any]) -> Tuple[Tuple[int, ...], int]:
    """Find out behind which stages units stand.

    Args:
        cfg (dict): Options of the backbone.

    Returns:
        tuple: Indices of the stages, and the number of first stages that
        both branches have in common (0 unless hard sharing).

    Raises:
        ValueError: If a stage does not exist.
    """
    depth, sharing = len(cfg['channels']), cfg['sharing']
    if sharing is None:
        return (), 0
    if not _is_hard(sharing):
        return resolve_indices(cfg['exchange'], depth, 'exchange'), 0
    common = sharing.get('depth', 1)
    if not 1 <= common <= depth:
        raise ValueError(f'depth={common} of hard sharing does not fit {depth}'
                         ' stages; for a common stem alone set sharing=None')
    return tuple(range(common)), common


def build_exchanges(sharing: Dict[str, Any], widths: Sequence[int],
                    fer_only: Sequence[bool]) -> ModuleList:
    """Build the units.

    Args:
        sharing (dict): Config of a unit. With ``across_stages=True`` in it,
            one unit serves all points.
        widths (Sequence[int]): Channels at each point.
        fer_only (Sequence[bool]): Whether only recognition asks, for each
            point.

    Returns:
        ModuleList: One unit for each point, or one for all.

    Raises:
        ValueError: If one unit is to serve stages of different widths.
    """
    sharing = dict(sharing)
    if sharing.pop('across_stages', False):
        if len(set(widths)) > 1:
            raise ValueError(
                f'across_stages=True: the exchange points have {list(widths)} '
                'channels, but one unit fits one number; set `channels` to '
                'equal widths there, or across_stages=False')
        widths, fer_only = widths[:1], [all(fer_only)][:len(widths)]
    units: List[Any] = [
        MODELS.build(dict(sharing, channels=width, fer_only=alone))
        for width, alone in zip(widths, fer_only)
    ]
    return ModuleList(units)


def _is_hard(sharing: Dict[str, Any]) -> bool:
    found = sharing['type']
    found = MODELS.get(found) if isinstance(found, str) else found
    return isinstance(found, type) and issubclass(found, HardSharing)
