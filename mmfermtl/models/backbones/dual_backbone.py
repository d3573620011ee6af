import copy
from typing import Any, Dict, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.deprecation import register_old_name
from ...utils.model_parts import fill_part
from ...utils.safe_loading import load_checkpoint_safely
from .arch_presets import resolve_indices
from .exchange_points import build_units
from .stage_chain import drop_stage, run_stage, split_stages
from .two_branch_backbone import Outputs, TwoBranchBackbone

#: None for a branch that is not built.
Branch = Optional[nn.Module]


@MODELS.register_module()
class DualBackbone(TwoBranchBackbone):
    """Two copies of a backbone of mmpretrain that exchange features.

    As :class:`ConvFLUBackbone`, with the stages of ResNet, MobileNetV3,
    ConvNeXt or any other backbone that runs stage by stage. A stage here is
    all layers whose outputs have one resolution, so ResNet has five: its stem
    at 1/2, the pooling and ``layer1`` at 1/4, and so on. Ours.

    Args:
        branch (dict): Config of the backbone, such as
            ``dict(type='mmpretrain.ResNet', depth=18)``. Both branches are
            built from it.
        exchange (Sequence[int], optional): Stages behind which the branches
            exchange features. None means the three before the last, as in
            the paper. Defaults to None.
        sharing (dict, optional): As in :class:`ConvFLUBackbone`; None for no
            exchange. Defaults to
            ``dict(type='mmfermtl.ConvFLUExchange', kernel_size=1)``.
        shared_stages (int): Number of first stages that both branches have
            in common, like the paper's first block. Defaults to 0.
        branches (str): ``'both'``, ``'fer'`` or ``'fes'``, as in
            :class:`ConvFLUBackbone`. Defaults to ``'both'``.
        out_indices (Sequence[int]): Stages whose FER features are returned.
            Defaults to ``(-1, )``.
        pretrained (str, optional): Weights of the backbone, loaded into both
            branches when the model is initialised: a checkpoint of
            mmpretrain, or a state dict with its names. Loading runs no code
            from the file, and all weights must fit. Defaults to None.
        mean (Sequence[float], optional): With ``std``, the mean of each
            channel, on [0, 255], that those weights expect. Images come in
            [-1, 1]; grey ones are repeated to as many channels. None leaves
            the values as they are. Defaults to None.
        std (Sequence[float], optional): See ``mean``. Defaults to None.
        to_rgb (bool): Whether the weights expect RGB, so that BGR images are
            converted. Defaults to True.
        chain (Sequence[str], optional): Names of the children of the
            backbone in the order in which they run, for a backbone whose
            layout :func:`split_stages` does not know. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If the backbone does not run stage by stage, the weights
            do not fit, or options contradict each other.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import DualBackbone
        >>> dual = DualBackbone(dict(type='mmpretrain.ResNet', depth=18))
        >>> fer, fes = dual(torch.rand(2, 3, 64, 64))
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
        if (mean is None) != (std is None):
            raise ValueError('give both `mean` and `std`, or neither')
        # A copy, because mmpretrain's constructors may change their config.
        first = MODELS.build(copy.deepcopy(branch))
        stages = split_stages(first, chain)
        depth = len(stages)
        if exchange is None:
            exchange = range(max(0, depth - 4), depth - 1)
        super().__init__(
            branches,
            depth,
            sharing,
            exchange,
            shared_stages=shared_stages,
            init_cfg=init_cfg)
        self.stages = stages
        self.out_indices = resolve_indices(out_indices, depth, 'out_indices')
        self.fer_branch, self.fes_branch = self._make_branches(first, branch)
        self.sharing = build_units(sharing, [s.channels for s in stages],
                                   self.plan)
        self.pretrained = pretrained
        self.in_channels = next(m.in_channels for m in self.modules()
                                if isinstance(m, nn.Conv2d))
        self.to_rgb = to_rgb
        if mean is not None:
            for name, value in (('mean', mean), ('std', std)):
                values = torch.tensor(value, dtype=torch.float32)
                # Not persistent: they are options, not weights.
                self.register_buffer(name, values.view(-1, 1, 1), False)
        self.normalizes = mean is not None

    @property
    def stem(self) -> Optional[nn.Module]:
        """nn.Module, optional: The first stages, common to both branches."""
        if not self.common or self.branches != 'both':
            return None
        return nn.ModuleList([
            self.fer_branch.get_submodule(name)
            for stage in self.stages[:self.common] for name in stage.names
        ])

    def init_weights(self) -> None:
        """Initialise, and load ``pretrained`` into both branches."""
        # Loaded once: a second call must not undo the training since then.
        initialized = self.is_init
        super().init_weights()
        if initialized or self.pretrained is None:
            return
        state = load_checkpoint_safely(self.pretrained)['state_dict']
        for branch in (self.fer_branch, self.fes_branch):
            if branch is not None:
                _load_branch(branch, state, self.pretrained)

    def forward(self, x: Tensor, branches: Optional[str] = None) -> Outputs:
        """Extract features.

        Args:
            x (Tensor): Images, ``(N, C, H, W)`` in [-1, 1]; both sides are
                multiples of the stride of the last stage.
            branches (str, optional): ``'fer'`` or ``'fes'`` computes only
                what that task needs. Defaults to the constructor's.

        Returns:
            tuple: With ``'fer'``, the FER features at ``out_indices``. With
            ``'fes'``, the FES features of all stages, after the exchange.
            With ``'both'``, a pair of these. Features are
            ``(N, C_i, H_i, W_i)``.

        Raises:
            ValueError: If the sides are no such multiples, or this backbone
                was built without that branch.
        """
        task = self.resolve_task(branches)
        x = self._prepare(x)
        return self.pack_features(task, *self.run_stages(task, x, x))

    def run_stage(self, branch: str, stage: int, x: Tensor) -> Tensor:
        """Run a stage, ``(N, C, H, W)`` to ``(N, C', H', W')``."""
        network = self.fer_branch if branch == 'fer' else self.fes_branch
        return run_stage(network, self.stages[stage], x)

    def get_layer_depth(self,
                        param_name: str,
                        prefix: str = '') -> Tuple[int, int]:
        """Return the depth of a parameter, for layer-wise learning rates.

        Stages count from 0, a unit has the depth of the stage before it, and
        all that is not in the backbone comes last. Args and return value as
        in :meth:`ConvFLUBackbone.get_layer_depth`.
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

    def _prepare(self, x: Tensor) -> Tensor:
        """Convert ``(N, C, H, W)`` in [-1, 1] to what the weights expect."""
        stride = self.stages[-1].stride
        if x.size(2) % stride or x.size(3) % stride:
            # Else features of the stages would not match in the generator.
            raise ValueError(
                f'images of {x.size(2)} x {x.size(3)} do not divide by '
                f'{stride}, the stride of the last stage; resize them in the '
                'pipeline')
        # Grey needs no conversion to RGB.
        if x.size(1) == 1:
            x = x.expand(-1, self.in_channels, -1, -1)
        elif self.to_rgb and x.size(1) == 3:
            x = x.flip(1)
        if self.normalizes:
            # From [-1, 1] back to [0, 255], the range of mean and std.
            x = ((x + 1) * 127.5 - self.mean) / self.std
        return x

    def _make_branches(self, first: nn.Module,
                       branch: Dict[str, Any]) -> Tuple[Branch, Branch]:
        """Return the FER and the FES branch, without stages that never run."""
        if self.branches == 'fes':
            return None, first
        if self.branches == 'fer' and not self.exchange:
            return first, None
        second = MODELS.build(copy.deepcopy(branch))
        for stage, step in zip(self.stages, self.plan):
            if not step.fes:
                drop_stage(second, stage)
        return first, second


def _load_branch(branch: nn.Module, state: Dict[str, Tensor],
                 path: str) -> None:
    """Load a checkpoint into a branch, which may lack some stages."""
    # A checkpoint of a classifier has the backbone under a prefix.
    state = {key.removeprefix('backbone.'): v for key, v in state.items()}
    wanted = branch.state_dict()
    given = {key: value for key, value in state.items() if key in wanted}
    fill_part(branch, given, f'pretrained={path}')


register_old_name(MODELS, 'TwinBackbone', DualBackbone)
