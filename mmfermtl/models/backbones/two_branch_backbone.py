from abc import abstractmethod
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from mmengine.model import BaseModule, ModuleList
from torch import Tensor

from .exchange_points import exchange_stages
from .stage_plan import StagePlan, plan_stages

Features = Tuple[Tensor, ...]
#: Features of one branch, or of both.
Outputs = Union[Features, Tuple[Features, Features]]
BRANCHES = ('both', 'fer', 'fes')


class TwoBranchBackbone(BaseModule):
    """Base of backbones whose two branches exchange features.

    It plans once what each stage computes for each set of features that may
    be requested. Subclasses build the stages of ``self.plan``, fill
    ``self.sharing`` and implement :meth:`run_stage`.

    Args:
        branches (str): ``'both'``, ``'fer'`` or ``'fes'``: the features that
            :meth:`forward` returns by default, and what is built.
        depth (int): Number of stages.
        sharing (dict, optional): Config of the sharing units, None for no
            exchange.
        exchange (Sequence[int]): Stages behind which features are exchanged.
        shared_stages (int): Number of first stages that both branches have
            in common. Hard sharing sets its own. Defaults to 0.
        joint (bool): Whether a block over both branches follows the last
            stage. Defaults to False.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If the options contradict each other.
    """

    #: Sharing units, one per exchange point or one for all.
    sharing: ModuleList
    #: Stages whose FER features are returned.
    out_indices: Tuple[int, ...]

    def __init__(self,
                 branches: str,
                 depth: int,
                 sharing: Optional[Dict[str, Any]],
                 exchange: Sequence[int],
                 shared_stages: int = 0,
                 joint: bool = False,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if branches not in BRANCHES:
            raise ValueError(f'branches={branches!r}; give one of {BRANCHES}')
        self.branches = branches
        self.depth = depth
        self.exchange, hard = exchange_stages(sharing, exchange, depth)
        if branches == 'fes' and (self.exchange or joint):
            raise ValueError("branches='fes' has no other branch to exchange "
                             'with; set sharing=None' +
                             joint * ' and joint=False')
        if shared_stages > depth or any(
                i in range(hard, shared_stages) for i in self.exchange):
            raise ValueError(
                f'shared_stages={shared_stages} does not fit {depth} stages '
                f'with an exchange behind the stages {list(self.exchange)}: '
                'common stages have nothing to exchange')
        #: Number of first stages that both branches have in common.
        self.common = max(shared_stages, hard)
        self.plans: Dict[str, Tuple[StagePlan, ...]] = {}
        for task in BRANCHES if branches == 'both' else (branches, ):
            self.plans[task] = plan_stages(
                task,
                depth,
                self.exchange,
                # Without a FER branch there is nothing in common with it.
                common=0 if branches == 'fes' else self.common,
                joint=joint,
                one_unit=(sharing or {}).get('across_stages', False))
        self.plan = self.plans[branches]

    @abstractmethod
    def run_stage(self, branch: str, stage: int, x: Tensor) -> Tensor:
        """Run a FER or FES stage, ``(N, C, H, W)`` to ``(N, C', H', W')``."""

    def run_stages(self, task: str, fer: Tensor,
                   fes: Tensor) -> Tuple[List[Tensor], List[Tensor]]:
        """Run all stages that the requested features depend on.

        Args:
            task (str): ``'both'``, ``'fer'`` or ``'fes'``.
            fer (Tensor): Input of the first FER stage, ``(N, C, H, W)``.
            fes (Tensor): Input of the first FES stage, ``(N, C, H, W)``.

        Returns:
            tuple[list[Tensor], list[Tensor]]: FER and FES features after each
            stage and its exchange, ``(N, C_i, H_i, W_i)``.
        """
        fer_feats: List[Tensor] = []
        fes_feats: List[Tensor] = []
        for i, step in enumerate(self.plans[task]):
            if step.fer:
                fer = self.run_stage('fer', i, fer)
            if step.common:
                fes = fer
            elif step.fes:
                fes = self.run_stage('fes', i, fes)
            # The unit replaces the features of both branches.
            if step.unit is not None:
                fer, fes = self.sharing[step.unit](
                    fer, fes, fer_only=step.fer_only)
            fer_feats.append(fer)
            fes_feats.append(fes)
        return fer_feats, fes_feats

    def resolve_task(self, branches: Optional[str]) -> str:
        """Return the requested features, or the constructor's for None."""
        task = branches or self.branches
        if task not in self.plans:
            raise ValueError(f'this backbone was built with '
                             f'branches={self.branches!r} and has no features '
                             f'for {task!r}')
        return task

    def pack_features(self, task: str, fer_feats: List[Tensor],
                      fes_feats: List[Tensor]) -> Outputs:
        """Return the requested features, those of FER at ``out_indices``."""
        chosen = tuple(fer_feats[i] for i in self.out_indices)
        if task == 'both':
            return chosen, tuple(fes_feats)
        return chosen if task == 'fer' else tuple(fes_feats)
