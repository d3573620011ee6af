from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from mmcv.cnn import ConvModule
from mmengine.model import ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels
from .arch_presets import ARCH_PRESETS, resolve_arch, resolve_indices
from .exchange_points import build_units
from .match_parameters import find_inner_width
from .stages import JointBlock
from .two_branch_backbone import BRANCHES, Outputs, TwoBranchBackbone


@MODELS.register_module()
class ConvFLUBackbone(TwoBranchBackbone):
    """Two branches of stages that exchange features between stages.

    A common stem feeds a recognition (FER) and a synthesis (FES) branch of
    the same widths. After the stages named in ``exchange``, a sharing unit
    computes new features of each branch from those of both. Source: Zhao et
    al., ICPR 2020, Fig. 1.

    ==============  ======================================================
    arch            structure
    ==============  ======================================================
    fersnet         the paper's figure with the widths of the release of
                    2020: stem of two convolutions, 4 plain stages of 256,
                    BN, 3x3 units after the stages 1 to 3
    r21             the release of 2021: 3 residual stages 128, 256, 512, BN
                    and IN, 1x1 units after every stage, one joint block
    fersnet_figure  the figure in that release: two stems of 64, plain
                    stages 128, 256, 512 (synthesis: the first two), 1x1
                    units before each pooling, which write to recognition
                    and to skips of the generator
    tiny            ours, for 48 px on a CPU: 3 plain stages 64, 128, 256,
                    BN, 1x1 units after the stages 1 and 2
    tiny_figure     the wiring of fersnet_figure at the widths of tiny
    small           ours, for 64 px on a CPU: 4 residual stages 64, 128,
                    256, 384, BN, 1x1 units after the stages 1 to 3
    ==============  ======================================================

    Args:
        arch (str | dict): Name of a preset, or a dict with the keys of one:
            ``stem_channels`` (one per convolution), ``channels`` (one per
            stage), ``stage``, ``exchange``, ``sharing``,
            ``fer_norm``, ``fes_norm``, ``joint``; and the wiring below, where
            it is not that of the paper's figure. Defaults to ``'tiny'``.
        in_channels (int): Channels of the image. Recognition also converts
            colour images for 1 and grey ones for 3, see
            :func:`~mmfermtl.structures.match_channels`. Defaults to 1.
        branches (str): What :meth:`forward` returns, and what is built:
            ``'both'``, ``'fer'``, or ``'fes'`` for synthesis only, which
            cannot have units. Defaults to ``'both'``.
        out_indices (Sequence[int]): Stages whose FER features are returned;
            negative numbers count from the end. Defaults to ``(-1, )``.
        inner_width (float): Factor of the channels between the convolutions
            of every stage. The outputs of the stages keep their widths, so
            that units, head and generator are unchanged. Ours. Defaults to 1.
        match_params (dict, optional): ``dict(fer=N)`` chooses
            ``inner_width`` so that recognition by itself has N parameters
            within 1 %, ``dict(both=N)`` likewise for the whole backbone: then
            two ways of sharing differ in what they exchange, not in size.
            Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
        **overrides: Any key of ``arch``, in place of the preset's. The way
            of sharing is the one key ``sharing``: None for no exchange, or
            the config of :class:`~mmfermtl.models.HardSharing` (common
            stages; ``exchange`` is ignored),
            :class:`~mmfermtl.models.CrossStitch`,
            :class:`~mmfermtl.models.NDDR`, or
            :class:`~mmfermtl.models.ConvFLUExchange`. With
            ``across_stages=True`` in it one unit serves all points, as in
            the release of 2020. The wiring is changed by:

            - ``shared_stem=False``: a stem for each branch; without units
              they are then two networks.
            - ``exchange_before_pool=True``: each stage pools its input, and
              not its output, so that units see the larger features. The stem
              then counts as the first stage in ``exchange``, ``fes_depth``,
              ``out_indices`` and hard sharing, with or without units.
            - ``to_fes='skip'``: units write to skips of the generator, the
              FES branch keeps its features.
            - ``fes_depth`` (int): number of stages of the FES branch.

    Raises:
        ValueError: If a preset, a key or a stage index does not exist, or
            options contradict each other.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import ConvFLUBackbone
        >>> fer, fes = ConvFLUBackbone('tiny')(torch.rand(2, 1, 48, 48))
        >>> [tuple(x.shape) for x in fer]
        [(2, 256, 3, 3)]
        >>> [tuple(x.shape[1:]) for x in fes]
        [(32, 48, 48), (32, 24, 24), (64, 12, 12), (128, 6, 6), (256, 3, 3)]
    """

    arch_settings = ARCH_PRESETS

    def __init__(self,
                 arch: Union[str, Dict[str, Any]] = 'tiny',
                 in_channels: int = 1,
                 branches: str = 'both',
                 out_indices: Sequence[int] = (-1, ),
                 inner_width: float = 1.,
                 match_params: Optional[Dict[str, int]] = None,
                 init_cfg: Optional[dict] = None,
                 **overrides) -> None:
        cfg = resolve_arch(arch, overrides)
        joint, shared_stem = bool(cfg['joint']), cfg['shared_stem']
        #: Number of stages that are a stem: 1 if units may follow it.
        self.stem_stages = int(cfg['exchange_before_pool'])
        super().__init__(
            branches,
            len(cfg['channels']) + self.stem_stages,
            cfg['sharing'],
            cfg['exchange'],
            shared_stages=self.stem_stages if shared_stem else 0,
            joint=joint,
            to_fes=cfg['to_fes'],
            fes_depth=cfg['fes_depth'],
            init_cfg=init_cfg)
        if self.common and not shared_stem:
            raise ValueError('shared_stem=False contradicts hard sharing, '
                             'whose first stages are common; set sharing=None '
                             'or shared_stem=True')
        self.in_channels = in_channels
        self.out_indices = resolve_indices(out_indices, self.depth + joint,
                                           'out_indices')
        if match_params is not None:
            inner_width = _match(cfg, in_channels, match_params)
        self.inner_width = inner_width
        self.pool = nn.MaxPool2d(2)
        # Synthesis by itself uses `stem`, as a backbone with one branch.
        alone = branches == 'fes' and not shared_stem
        self.stem = _make_stem(in_channels, cfg,
                               'fes_norm' if alone else 'fer_norm')
        self.fes_stem: Optional[nn.Module] = None
        if not shared_stem and branches != 'fes' and self._runs_fes(branches):
            self.fes_stem = _make_stem(in_channels, cfg, 'fes_norm')
        plan = self.plan[self.stem_stages:]
        self.fer_stages = ModuleList([
            self._make_stage(cfg, i, 'fer_norm') for i, step in enumerate(plan)
            if step.fer
        ])
        self.fes_stages = ModuleList([
            # A placeholder, so that later stages keep their index in names.
            nn.Identity() if step.common else self._make_stage(
                cfg, i, 'fes_norm') for i, step in enumerate(plan)
            if step.fes or step.common
        ])
        widths = [cfg['stem_channels'][-1], *cfg['channels']]
        self.sharing = build_units(cfg['sharing'], widths[-self.depth:],
                                   self.plan)
        self.joint: Optional[JointBlock] = None
        if joint:
            self.joint = JointBlock(cfg['channels'][-1], cfg['fer_norm'],
                                    branches == 'fer')

    def forward(self, x: Tensor, branches: Optional[str] = None) -> Outputs:
        """Extract features.

        Args:
            x (Tensor): Images, ``(N, C, H, W)`` in [-1, 1].
            branches (str, optional): ``'fer'`` or ``'fes'`` computes only
                what that task needs. Defaults to the constructor's.

        Returns:
            tuple: With ``'fer'``, the FER features at ``out_indices``, as any
            mmpretrain backbone returns them. With ``'fes'``, all FES
            features: the stem before and after pooling, each stage after the
            exchange, and the joint block. With ``'both'``, a pair of these.
            Features are ``(N, C_i, H / 2^i, W / 2^i)``, ``i`` from 0. With
            ``exchange_before_pool`` there is no pooled stem, and with
            ``to_fes='skip'`` the last FES features are those of the last
            stage without what recognition gives it.
        """
        task = self.resolve_task(branches)
        if task == 'fer':
            # mmpretrain's tools run every network on 3 channels.
            x = match_channels(x, self.in_channels)
        fer = fes = x
        stem_feats: List[Tensor] = []
        if not self.stem_stages:
            # Stems, (N, C, H, W), and pooled ones, (N, C, H / 2, W / 2).
            stem = self.stem(x)
            fer = fes = self.pool(stem)
            if self.fes_stem is not None and self._runs_fes(task):
                stem = self.fes_stem(x)
                fes = self.pool(stem)
            stem_feats = [stem, fes]
        fer_feats, fes_feats = self.run_stages(task, fer, fes)
        if self.joint is not None:
            fer, fes = self.joint(
                fer_feats[-1], fes_feats[-1], fer_only=task == 'fer')
            fer_feats.append(fer)
            fes_feats.append(fes)
        return self.pack_features(task, fer_feats, stem_feats + fes_feats)

    def run_stage(self, branch: str, stage: int, x: Tensor) -> Tensor:
        """Run a stage, ``(N, C, H, W)`` to ``(N, C', H / 2, W / 2)``.

        A stem that counts as a stage keeps ``H`` and ``W``.
        """
        if self.stem_stages:
            if not stage:
                two = branch == 'fes' and self.fes_stem is not None
                return (self.fes_stem if two else self.stem)(x)
            x, stage = self.pool(x), stage - 1
        stages = self.fer_stages if branch == 'fer' else self.fes_stages
        return stages[stage](x)

    def _runs_fes(self, task: str) -> bool:
        """Return whether any FES stage runs for the requested features."""
        return any(step.fes for step in self.plans[task])

    def get_layer_depth(self,
                        param_name: str,
                        prefix: str = '') -> Tuple[int, int]:
        """Return the depth of a parameter, for layer-wise learning rates.

        The stem is 0, stages and the units behind them count from 1, then
        follows the joint block, and last all that is not in the backbone.

        Args:
            param_name (str): Name of the parameter.
            prefix (str): Prefix of the backbone's names. Defaults to ''.

        Returns:
            tuple[int, int]: The depth, and the number of depths.
        """
        stages = self.depth - self.stem_stages
        # Depth of the parts after the backbone.
        last = stages + 1 + (self.joint is not None)
        if not param_name.startswith(prefix):
            return last, last + 1
        # Such as `fer_stages.0.convs...`, or `sharing.1...`.
        part, index = param_name[len(prefix):].split('.')[:2]
        if part == 'joint':
            return stages + 1, last + 1
        if part in ('stem', 'fes_stem'):
            return 0, last + 1
        if part == 'sharing':
            depth = self.exchange[int(index)] + 1 - self.stem_stages
            return depth, last + 1
        return int(index) + 1, last + 1

    def _make_stage(self, cfg: Dict[str, Any], index: int,
                    norm: str) -> nn.Module:
        """Build one stage of a branch."""
        widths = [cfg['stem_channels'][-1], *cfg['channels']]
        stage = dict(
            cfg['stage'],
            in_channels=widths[index],
            out_channels=widths[index + 1],
            norm_cfg=cfg[norm])
        if self.stem_stages:
            stage['pool'] = False
        # Stages of other packages need no `mid_channels` by default.
        if self.inner_width != 1:
            stage['mid_channels'] = max(
                1, round(self.inner_width * widths[index + 1]))
        return MODELS.build(stage)


def _make_stem(in_channels: int, cfg: Dict[str, Any],
               norm: str) -> nn.Sequential:
    """Build the 3x3 convolutions before the stages."""
    widths = [in_channels, *cfg['stem_channels']]
    return nn.Sequential(*[
        ConvModule(a, b, 3, padding=1, norm_cfg=cfg[norm])
        for a, b in zip(widths, widths[1:])
    ])


def _match(cfg: Dict[str, Any], in_channels: int,
           match_params: Dict[str, int]) -> float:
    """Find the inner width that gives the requested number of parameters."""
    if not isinstance(match_params, dict) or len(match_params) != 1 \
            or not set(match_params) <= set(BRANCHES):
        raise ValueError(f'match_params={match_params}; give one number '
                         f'with one of the names {BRANCHES}')
    (branches, wanted), = match_params.items()
    return find_inner_width(
        lambda width: ConvFLUBackbone(
            cfg, in_channels, branches, inner_width=width), wanted)
