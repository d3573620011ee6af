import copy
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.deprecation import register_old_name
from ...utils.safe_loading import describe_misfit, load_checkpoint_safely
from .arch_presets import resolve_indices
from .conv_flu_backbone import BRANCHES, Features
from .exchange_points import build_exchanges, exchange_stages
from .stage_chain import drop_stage, run_stage, split_stages


@MODELS.register_module()
class DualBackbone(BaseModule):
    """Two copies of a backbone of mmpretrain that exchange features.

    As :class:`ConvFLUBackbone`, with the stages of ResNet, MobileNetV3,
    ConvNeXt or any other backbone that runs stage by stage. A stage here is
    all that gives features of one resolution, so that ResNet has five: its
    stem at 1/2, with the pooling ``layer1`` at 1/4, and so on. Ours.

    Args:
        branch (dict): Config of the backbone, such as
            ``dict(type='mmpretrain.ResNet', depth=18)``. Both branches are
            built from it.
        exchange (Sequence[int], optional): Stages behind which the branches
            exchange features. None means the last three but the very last,
            as in the paper. Defaults to None.
        sharing (dict, optional): As in :class:`ConvFLUBackbone`; None for no
            exchange. Defaults to
            ``dict(type='mmfermtl.ConvFLUExchange', kernel_size=1)``.
        shared_stages (int): The first so many stages are common to both
            branches, as the paper's first block. Defaults to 0.
        branches (str): ``'both'``, ``'fer'`` or ``'fes'``, as in
            :class:`ConvFLUBackbone`. Defaults to ``'both'``.
        out_indices (Sequence[int]): Stages whose FER features are returned.
            Defaults to ``(-1, )``.
        pretrained (str, optional): Weights of the backbone, loaded into both
            branches when the model is initialised: a checkpoint of
            mmpretrain, or a state dict with its names. It is loaded without
            running code from it, and must fit. Defaults to None.
        mean (Sequence[float], optional): With ``std``, the mean of each
            channel, on [0, 255], that those weights expect. Images come in
            [-1, 1]; grey ones are repeated to as many channels. None leaves
            the values as they are. Defaults to None.
        std (Sequence[float], optional): See ``mean``. Defaults to None.
        to_rgb (bool): Whether the weights expect RGB, and BGR images are to
            be turned. Defaults to True.
        chain (Sequence[str], optional): Names of the children of the
            backbone in the order in which they run, for one that is not
            known here. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If the backbone does not run stage by stage, the weights
            do not fit, or options contradict each other.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import DualBackbone
        >>> twin = DualBackbone(dict(type='mmpretrain.ResNet', depth=18))
        >>> fer, fes = twin(torch.rand(2, 3, 64, 64))
        >>> [tuple(x.shape) for x in fer]
        [(2, 512, 2, 2)]
        >>> [tuple(x.shape[1:]) for x in fes][:3]
        [(64, 32, 32), (64, 16, 16), (128, 8, 8)]
    """

    def __init__(self,
                 branch: Dict[str, Any],
                 exchange: Optional[Sequence[int]] = None,
                 sharing: Optional[dict] = dict(
                     type='mmfermtl.ConvFLUExchange', kernel_size=1),
                 shared_stages: int = 0,
                 branches: str = 'both',
                 out_indices: Sequence[int] = (-1, ),
                 pretrained: Optional[str] = None,
                 mean: Optional[Sequence[float]] = None,
                 std: Optional[Sequence[float]] = None,
                 to_rgb: bool = True,
                 chain: Optional[Sequence[str]] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if branches not in BRANCHES:
            raise ValueError(f'branches={branches!r}; give one of {BRANCHES}')
        if (mean is None) != (std is None):
            raise ValueError('give both `mean` and `std`, or neither')
        first = MODELS.build(copy.deepcopy(branch))
        self.stages = split_stages(first, chain)
        self.branches = branches
        self.depth = depth = len(self.stages)
        self.out_indices = resolve_indices(out_indices, depth, 'out_indices')
        if exchange is None:
            exchange = range(max(0, depth - 4), depth - 1)
        self.exchange, common = exchange_stages(
            dict(
                channels=[s.channels for s in self.stages],
                sharing=sharing,
                exchange=exchange))
        self.common = max(shared_stages, common)
        self._coupled = max(self.exchange, default=-1) + 1
        self._check(common)
        self.fer_branch, self.fes_branch = self._branches(first, branch)
        self.sharing = ModuleList()
        if self.exchange:
            last = self._coupled if branches == 'fer' else None
            self.sharing = build_exchanges(
                sharing, [self.stages[i].channels for i in self.exchange],
                [i + 1 == last for i in self.exchange])
        self.pretrained = pretrained
        self.in_channels = next(m.in_channels for m in self.modules()
                                if isinstance(m, nn.Conv2d))
        self.to_rgb = to_rgb
        if mean is not None:
            for name, value in (('mean', mean), ('std', std)):
                values = torch.tensor(value, dtype=torch.float32)
                self.register_buffer(name, values.view(-1, 1, 1), False)
        self.normalizes = mean is not None

    @property
    def stem(self) -> Optional[nn.Module]:
        """nn.Module, optional: The stages that both branches begin with."""
        if not self.common or self.branches != 'both':
            return None
        return nn.ModuleList([
            self.fer_branch.get_submodule(name)
            for stage in self.stages[:self.common] for name in stage.names
        ])

    def init_weights(self) -> None:
        """Initialise, and load ``pretrained`` into both branches."""
        fresh = not self.is_init
        super().init_weights()
        if fresh and self.pretrained is not None:
            state = load_checkpoint_safely(self.pretrained)['state_dict']
            for twin in (self.fer_branch, self.fes_branch):
                if twin is not None:
                    _load_branch(twin, state, self.pretrained)

    def forward(
        self,
        x: Tensor,
        branches: Optional[str] = None
    ) -> Union[Features, Tuple[Features, Features]]:
        """Extract features.

        Args:
            x (Tensor): Images, ``(N, C, H, W)`` in [-1, 1]; the sides divide
                by the stride of the last stage.
            branches (str, optional): ``'fer'`` or ``'fes'`` computes only
                what that task needs. Defaults to the constructor's.

        Returns:
            tuple: With ``'fer'``, the FER features at ``out_indices``. With
            ``'fes'``, the FES features of all stages, after the exchange.
            With ``'both'``, a pair of these.

        Raises:
            ValueError: If the sides do not divide, or this backbone was
                built without that branch.
        """
        wanted = branches or self.branches
        if self.branches not in ('both', wanted):
            raise ValueError(f'this backbone was built with '
                             f'branches={self.branches!r} and has no features '
                             f'for {wanted!r}')
        fer = fes = self._prepare(x)
        fer_feats: List[Tensor] = []
        fes_feats: List[Tensor] = []
        for i, stage in enumerate(self.stages):
            if wanted != 'fes' or i < max(self._coupled, self._trunk):
                fer = run_stage(self.fer_branch, stage, fer)
            if i < self._trunk:
                fes = fer
            elif wanted != 'fer' or i < self._coupled:
                fes = run_stage(self.fes_branch, stage, fes)
            if i in self.exchange:
                alone = wanted == 'fer' and i + 1 == self._coupled
                fer, fes = self._unit(i)(fer, fes, fer_only=alone)
            fer_feats.append(fer)
            fes_feats.append(fes)
        chosen = tuple(fer_feats[i] for i in self.out_indices)
        if wanted == 'both':
            return chosen, tuple(fes_feats)
        return chosen if wanted == 'fer' else tuple(fes_feats)

    def get_layer_depth(self,
                        param_name: str,
                        prefix: str = '') -> Tuple[int, int]:
        """Depth of a parameter, for layer-wise learning rates.

        Stages count from 0, a unit is as deep as the stage before it, and
        all that is not the backbone's comes last.

        Args:
            param_name (str): Name of the parameter.
            prefix (str): Of the backbone's own names. Defaults to ''.

        Returns:
            tuple[int, int]: The depth, and the number of depths.
        """
        if not param_name.startswith(prefix):
            return self.depth, self.depth + 1
        part, _, name = param_name[len(prefix):].partition('.')
        if part == 'sharing':
            return self.exchange[int(name.split('.')[0])], self.depth + 1
        for i, stage in enumerate(self.stages):
            if any(name.startswith(f'{child}.') for child in stage.names):
                return i, self.depth + 1
        return 0, self.depth + 1

    @property
    def _trunk(self) -> int:
        """Number of first stages that the FER branch runs for both."""
        return 0 if self.branches == 'fes' else self.common

    def _unit(self, stage: int) -> nn.Module:
        """The sharing unit behind a stage; there may be one for all."""
        index = self.exchange.index(stage)
        return self.sharing[index if len(self.sharing) > 1 else 0]

    def _prepare(self, x: Tensor) -> Tensor:
        """From grey or BGR in [-1, 1] to what the weights expect."""
        stride = self.stages[-1].stride
        if x.size(2) % stride or x.size(3) % stride:
            raise ValueError(
                f'images of {x.size(2)} x {x.size(3)} do not divide by '
                f'{stride}, the stride of the last stage; resize them in the '
                'pipeline')
        if x.size(1) == 1:
            x = x.expand(-1, self.in_channels, -1, -1)
        elif self.to_rgb and x.size(1) == 3:
            x = x.flip(1)
        if self.normalizes:
            x = ((x + 1) * 127.5 - self.mean) / self.std
        return x

    def _branches(
        self, first: nn.Module,
        branch: Dict[str,
                     Any]) -> Tuple[Optional[nn.Module], Optional[nn.Module]]:
        """Both branches, without the stages that nobody asks for."""
        if self.branches == 'fes':
            return None, first
        if self.branches == 'fer' and not self._coupled:
            return first, None
        second = MODELS.build(copy.deepcopy(branch))
        end = self._coupled if self.branches == 'fer' else self.depth
        for i, stage in enumerate(self.stages):
            if i < self.common or i >= end:
                drop_stage(second, stage)
        return first, second

    def _check(self, common: int) -> None:
        if self.branches == 'fes' and self._coupled:
            raise ValueError("branches='fes' has no other branch to exchange "
                             'with; set sharing=None')
        inside = [i for i in self.exchange if common <= i < self.common]
        if self.common > self.depth or inside:
            raise ValueError(
                f'shared_stages={self.common} does not fit {self.depth} stages'
                f' with an exchange behind the stages {list(self.exchange)}: '
                'common stages have nothing to exchange')


def _load_branch(twin: nn.Module, state: Dict[str, Tensor], path: str) -> None:
    """Load a checkpoint into a branch, which may lack some stages."""
    prefix = 'backbone.'
    if any(key.startswith(prefix) for key in state):
        state = {
            key[len(prefix):]: value
            for key, value in state.items() if key.startswith(prefix)
        }
    wanted = twin.state_dict()
    given = {key: value for key, value in state.items() if key in wanted}
    problems = describe_misfit(wanted, given)
    if problems:
        raise ValueError(
            f'pretrained={path} does not fit {type(twin).__name__}: '
            f'{problems}; expected weights of the backbone that `branch` '
            'names, of the same depth and number of input channels')
    twin.load_state_dict(given, strict=False)


register_old_name(MODELS, 'TwinBackbone', DualBackbone)
