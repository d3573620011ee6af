"""Plan which branches and sharing units run at each stage."""
from typing import NamedTuple, Optional, Sequence, Tuple


class StagePlan(NamedTuple):
    """What a forward pass computes at one stage."""

    #: Whether the FER stage runs.
    fer: bool
    #: Whether the FES stage runs.
    fes: bool
    #: Whether the FES branch takes over the FER features (hard sharing).
    common: bool
    #: Index of the sharing unit behind the stage, None if there is none.
    unit: Optional[int]
    #: Whether the unit computes FER features only.
    fer_only: bool


def plan_stages(branches: str,
                depth: int,
                exchange: Sequence[int],
                common: int = 0,
                joint: bool = False,
                one_unit: bool = False,
                fes_depth: Optional[int] = None,
                skips: bool = False) -> Tuple[StagePlan, ...]:
    """Plan a forward pass, so that nothing is computed that is not used.

    Args:
        branches (str): Features to compute: ``'both'``, ``'fer'`` or
            ``'fes'``.
        depth (int): Number of stages.
        exchange (Sequence[int]): Stages with a sharing unit behind them.
        common (int): Number of first stages that both branches have in
            common. Defaults to 0.
        joint (bool): Whether a block over both branches follows the last
            stage. Defaults to False.
        one_unit (bool): Whether one unit serves all exchange points.
            Defaults to False.
        fes_depth (int, optional): Number of stages of the FES branch.
            Defaults to None, all.
        skips (bool): Whether the units write to skips of the generator in
            place of the FES branch. Defaults to False.

    Returns:
        tuple[StagePlan]: One plan per stage.
    """
    # One branch depends on the other up to the last exchange between them.
    coupled = depth if joint else max(exchange, default=-1) + 1
    fes_depth = depth if fes_depth is None else fes_depth
    points = {stage: 0 if one_unit else k for k, stage in enumerate(exchange)}
    return tuple(
        StagePlan(
            fer=branches != 'fes' or i < max(coupled, common),
            fes=common <= i < fes_depth and (branches != 'fer' or i < coupled),
            common=i < common,
            unit=points.get(i),
            # Later FER stages read no FES features that this unit makes.
            fer_only=branches == 'fer' and not joint and (skips or i +
                                                          1 == coupled))
        for i in range(depth))
