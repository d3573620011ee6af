from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels
from .arch_presets import ARCH_PRESETS, resolve_arch, resolve_indices
from .exchange_points import build_exchanges, exchange_stages
from .match_parameters import find_inner_width
from .stages import JointBlock

Features = Tuple[Tensor, ...]
BRANCHES = ('both', 'fer', 'fes')


@MODELS.register_module()
class ConvFLUBackbone(BaseModule):
    """Two branches of stages that exchange features between stages.

    A common stem feeds a recognition (FER) and a synthesis (FES) branch of
    the same widths. After the stages named in ``exchange``, a sharing unit
    gives each branch new features made of its own and the other's. Source:
    Zhao et al., ICPR 2020, Fig. 1.

    ========  ============================================================
    arch      structure
    ========  ============================================================
    fersnet   the paper's figure with the widths of the release of 2020:
              stem of two convolutions, 4 plain stages of 256, BN, 3x3
              units after the stages 1 to 3
    r21       the release of 2021: 3 residual stages 128, 256, 512, BN and
              IN, 1x1 units after every stage, one joint block
    tiny      ours, for 48 px on a CPU: 3 plain stages 64, 128, 256, BN,
              1x1 units after the stages 1 and 2
    ========  ============================================================

    Args:
        arch (str | dict): Name of a preset, or a dict with the keys of one:
            ``stem_channels`` (one entry a convolution), ``channels`` (one
            entry a stage), ``stage``, ``exchange``, ``sharing``,
            ``fer_norm``, ``fes_norm``, ``joint``. Defaults to ``'tiny'``.
        in_channels (int): Channels of the image. Recognition alone takes
            colour images for 1 and grey ones for 3, too, see
            :func:`~mmfermtl.structures.match_channels`. Defaults to 1.
        branches (str): What :meth:`forward` returns, and what is built:
            ``'both'``, ``'fer'``, or ``'fes'`` for synthesis alone, which
            cannot have units. Defaults to ``'both'``.
        out_indices (Sequence[int]): Stages whose FER features are returned;
            negative numbers count from the end. Defaults to ``(-1, )``.
        shared_stem (bool): Whether the branches have one stem in common;
            without it and without units they are two networks. Defaults to
            True.
        inner_width (float): Factor of the channels between the convolutions
            of every stage. What the stages give keeps its width, so that
            units, head and generator stay as they are. Ours. Defaults to 1.
        match_params (dict, optional): ``dict(fer=N)`` chooses
            ``inner_width`` so that recognition alone has N parameters within
            1 %, ``dict(both=N)`` so for the whole backbone: then two ways of
            sharing differ in what flows, not in size. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
        **overrides: Any key of ``arch``, in place of the preset's. The way
            of sharing is the one key ``sharing``: None for no exchange, or
            the config of :class:`~mmfermtl.models.HardSharing` (common
            stages; ``exchange`` is not looked at),
            :class:`~mmfermtl.models.CrossStitch`,
            :class:`~mmfermtl.models.NDDR`, or
            :class:`~mmfermtl.models.ConvFLUExchange`. With
            ``across_stages=True`` in it one unit serves all points, as in
            the release of 2020.

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
                 shared_stem: bool = True,
                 inner_width: float = 1.,
                 match_params: Optional[Dict[str, int]] = None,
                 init_cfg: Optional[dict] = None,
                 **overrides) -> None:
        super().__init__(init_cfg)
        if branches not in BRANCHES:
            raise ValueError(f'branches={branches!r}; give one of {BRANCHES}')
        cfg = resolve_arch(arch, overrides)
        self.branches = branches
        self.in_channels = in_channels
        self.depth = depth = len(cfg['channels'])
        self.out_indices = resolve_indices(out_indices,
                                           depth + bool(cfg['joint']),
                                           'out_indices')
        self.exchange, self.common = exchange_stages(cfg)
        # One branch alone needs the other up to the last exchange.
        self._coupled = depth if cfg['joint'] else max(
            self.exchange, default=-1) + 1
        self._check(cfg, shared_stem)
        if match_params is not None:
            inner_width = self._match(cfg, in_channels, shared_stem,
                                      match_params)
        self.inner_width = inner_width
        self.pool = nn.MaxPool2d(2)
        self.stem = self._make_stem(in_channels, cfg, 'fer_norm')
        self.fes_stem: Optional[nn.Module] = None
        if not shared_stem and (branches == 'both' or self._coupled):
            self.fes_stem = self._make_stem(in_channels, cfg, 'fes_norm')
        self.fer_stages = self._make_stages(
            range(0 if branches == 'fes' else depth), cfg, 'fer_norm')
        self.fes_stages = self._make_stages(
            range(self._coupled if branches == 'fer' else depth), cfg,
            'fes_norm')
        self.sharing = ModuleList()
        if self.exchange:
            alone = branches == 'fer' and not cfg['joint']
            last = self._coupled if alone else None
            self.sharing = build_exchanges(
                cfg['sharing'], [cfg['channels'][i] for i in self.exchange],
                [i + 1 == last for i in self.exchange])
        self.joint: Optional[JointBlock] = None
        if cfg['joint']:
            self.joint = JointBlock(cfg['channels'][-1], cfg['fer_norm'],
                                    branches == 'fer')

    def forward(
        self,
        x: Tensor,
        branches: Optional[str] = None
    ) -> Union[Features, Tuple[Features, Features]]:
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
        """
        wanted = branches or self.branches
        if self.branches not in ('both', wanted):
            raise ValueError(f'this backbone was built with '
                             f'branches={self.branches!r} and has no features '
                             f'for {wanted!r}')
        fer_only = wanted == 'fer'
        if fer_only:
            # mmpretrain's tools give 3 channels to whatever network.
            x = match_channels(x, self.in_channels)
        stem = self.stem(x)
        fer = fes = self.pool(stem)
        if self.fes_stem is not None and (not fer_only or self._coupled):
            stem = self.fes_stem(x)
            fes = self.pool(stem)
        fer_feats: List[Tensor] = []
        fes_feats: List[Tensor] = [stem, fes]
        for i in range(self.depth):
            if wanted != 'fes' or i < self._coupled:
                fer = self.fer_stages[i](fer)
            if not fer_only or i < self._coupled:
                fes = self.fes_stages[i](fes)
            if i in self.exchange:
                last = fer_only and i + 1 == self._coupled
                fer, fes = self._unit(i)(
                    fer, fes, fer_only=last and self.joint is None)
            fer_feats.append(fer)
            fes_feats.append(fes)
        if self.joint is not None:
            fer, fes = self.joint(fer, fes, fer_only=fer_only)
            fer_feats.append(fer)
            fes_feats.append(fes)
        chosen = tuple(fer_feats[i] for i in self.out_indices)
        if wanted == 'both':
            return chosen, tuple(fes_feats)
        return chosen if fer_only else tuple(fes_feats)

    def get_layer_depth(self,
                        param_name: str,
                        prefix: str = '') -> Tuple[int, int]:
        """Depth of a parameter, for layer-wise learning rates.

        The stem is 0, stages and the units behind them count from 1, then
        comes the joint block, and at last all that is not the backbone's.

        Args:
            param_name (str): Name of the parameter.
            prefix (str): Of the backbone's own names. Defaults to ''.

        Returns:
            tuple[int, int]: The depth, and the number of depths.
        """
        last = self.depth + 1 + (self.joint is not None)
        if not param_name.startswith(prefix):
            return last, last + 1
        part, index = param_name[len(prefix):].split('.')[:2]
        if part == 'joint':
            return self.depth + 1, last + 1
        if part in ('stem', 'fes_stem'):
            return 0, last + 1
        if part == 'sharing':
            return self.exchange[int(index)] + 1, last + 1
        return int(index) + 1, last + 1

    def _unit(self, stage: int) -> nn.Module:
        """The sharing unit behind a stage; there may be one for all."""
        index = self.exchange.index(stage)
        return self.sharing[index if len(self.sharing) > 1 else 0]

    def _check(self, cfg: Dict[str, Any], shared_stem: bool) -> None:
        if self.branches == 'fes' and self._coupled:
            raise ValueError("branches='fes' has no other branch to exchange "
                             'with; set sharing=None and joint=False')
        if self.common and not shared_stem:
            raise ValueError('shared_stem=False contradicts hard sharing, '
                             'whose first stages are common; set sharing=None')

    @staticmethod
    def _match(cfg: Dict[str, Any], in_channels: int, shared_stem: bool,
               match_params: Dict[str, int]) -> float:
        """The inner width that gives the wanted number of parameters."""
        if not isinstance(match_params, dict) or len(match_params) != 1 \
                or not set(match_params) <= set(BRANCHES):
            raise ValueError(f'match_params={match_params}; give one number '
                             f'with one of the names {BRANCHES}')
        (branches, wanted), = match_params.items()
        return find_inner_width(
            lambda width: ConvFLUBackbone(
                cfg,
                in_channels,
                branches,
                shared_stem=shared_stem,
                inner_width=width), wanted)

    @staticmethod
    def _make_stem(in_channels: int, cfg: Dict[str, Any],
                   norm: str) -> nn.Sequential:
        widths = [in_channels, *cfg['stem_channels']]
        return nn.Sequential(*[
            ConvModule(a, b, 3, padding=1, norm_cfg=cfg[norm])
            for a, b in zip(widths, widths[1:])
        ])

    def _make_stages(self, indices: range, cfg: Dict[str, Any],
                     norm: str) -> ModuleList:
        """One branch; common stages belong to that of recognition."""
        widths = [cfg['stem_channels'][-1], *cfg['channels']]
        return ModuleList([
            nn.Identity()
            if norm == 'fes_norm' and i < self.common else MODELS.build(
                self._stage_cfg(cfg['stage'], widths[i], widths[i +
                                                                1], cfg[norm]))
            for i in indices
        ])

    def _stage_cfg(self, stage: Dict[str, Any], in_channels: int,
                   out_channels: int, norm_cfg: dict) -> Dict[str, Any]:
        cfg = dict(
            stage,
            in_channels=in_channels,
            out_channels=out_channels,
            norm_cfg=norm_cfg)
        if self.inner_width != 1:
            cfg['mid_channels'] = max(1,
                                      round(self.inner_width * out_channels))
        return cfg
