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
        to_fes (str): Where the units write what they make of FES features:
            ``'branch'``, in place of these, or ``'skip'``, into a skip of the
            generator at the same scale, so that recognition never changes
            the FES branch. Defaults to ``'branch'``.
        fes_depth (int, optional): Number of stages of the FES branch.
            Defaults to None, all.
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
                 to_fes: str = 'branch',
                 fes_depth: Optional[int] = None,
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
                'common stages, or a common stem among them, have nothing to '
                'exchange; leave them out of `exchange`')
        #: Number of first stages that both branches have in common.
        self.common = max(shared_stages, hard)
        self.to_fes = to_fes
        self._check_fes(joint, fes_depth)
        self.plans: Dict[str, Tuple[StagePlan, ...]] = {}
        for task in BRANCHES if branches == 'both' else (branches, ):
            self.plans[task] = plan_stages(
                task,
                depth,
                self.exchange,
                # Without a FER branch there is nothing in common with it.
                common=0 if branches == 'fes' else self.common,
                joint=joint,
                one_unit=(sharing or {}).get('across_stages', False),
                fes_depth=fes_depth,
                skips=to_fes == 'skip')
        self.plan = self.plans[branches]

    def _check_fes(self, joint: bool, fes_depth: Optional[int]) -> None:
        """Raise an error if options of the FES branch contradict others."""
        if self.to_fes not in ('branch', 'skip'):
            raise ValueError(f"to_fes={self.to_fes!r}; give 'branch' or "
                             "'skip'")
        if joint and (self.to_fes == 'skip' or fes_depth is not None):
            raise ValueError('a joint block writes to the last stage of both '
                             "branches; set joint=False, or to_fes='branch' "
                             'and fes_depth=None')
        if fes_depth is None:
            return
        least = max([self.common, 1, *(i + 1 for i in self.exchange)])
        if not least <= fes_depth <= self.depth:
            raise ValueError(
                f'fes_depth={fes_depth} does not fit {self.depth} stages, of '
                f'which the first {self.common} are common, with an exchange '
                f'behind the stages {list(self.exchange)}; expected {least} '
                f'to {self.depth}')

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
            stage and its exchange, ``(N, C_i, H_i, W_i)``; with
            ``to_fes='skip'`` also, at the end, those of the last FES stage
            before its exchange.
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
            given = fes
            if step.unit is not None:
                fer, given = self.sharing[step.unit](
                    fer, fes, fer_only=step.fer_only)
            if self.to_fes == 'branch':
                fes = given
            fer_feats.append(fer)
            if step.fes or step.common:
                fes_feats.append(given)
        if self.to_fes == 'skip':
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

    def drop_to_fes(self) -> None:
        """Remove the directions of units that recognition does not use.

        In place; afterwards only features of recognition can be requested.
        """
        self.plans = {'fer': self.plans['fer']}
        self.branches, self.plan = 'fer', self.plans['fer']
        for k, unit in enumerate(self.sharing):
            if all(step.fer_only for step in self.plan if step.unit == k):
                unit.to_fes = None

    def pack_features(self, task: str, fer_feats: List[Tensor],
                      fes_feats: List[Tensor]) -> Outputs:
        """Return the requested features, those of FER at ``out_indices``."""
        chosen = tuple(fer_feats[i] for i in self.out_indices)
        if task == 'both':
            return chosen, tuple(fes_feats)
        return chosen if task == 'fer' else tuple(fes_feats)
