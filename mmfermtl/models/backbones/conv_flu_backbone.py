from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from .stages import JointBlock

Features = Tuple[Tensor, ...]


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
        in_channels (int): Channels of the image. Defaults to 1.
        branches (str): What :meth:`forward` returns, and what is built:
            ``'both'`` or ``'fer'``. Defaults to ``'both'``.
        out_indices (Sequence[int]): Stages whose FER features are returned;
            negative numbers count from the end. Defaults to ``(-1, )``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
        **overrides: Any key of ``arch``, in place of the preset's. A
            ``sharing`` of None means no exchange.

    Raises:
        ValueError: If a preset, a key or a stage index does not exist.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import ConvFLUBackbone
        >>> fer, fes = ConvFLUBackbone('tiny')(torch.rand(2, 1, 48, 48))
        >>> [tuple(x.shape) for x in fer]
        [(2, 256, 3, 3)]
        >>> [tuple(x.shape[1:]) for x in fes]
        [(32, 48, 48), (32, 24, 24), (64, 12, 12), (128, 6, 6), (256, 3, 3)]
    """

    arch_settings: Dict[str, Dict[str, Any]] = dict(
        fersnet=dict(
            stem_channels=(256, 256),
            channels=(256, 256, 256, 256),
            stage=dict(type='mmfermtl.PlainStage'),
            exchange=(0, 1, 2),
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=3),
            fer_norm=dict(type='BN'),
            fes_norm=dict(type='BN'),
            joint=False),
        r21=dict(
            stem_channels=(64, ),
            channels=(128, 256, 512),
            stage=dict(type='mmfermtl.ResidualStage'),
            exchange=(0, 1, 2),
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
            fer_norm=dict(type='BN'),
            fes_norm=dict(type='IN'),
            joint=True),
        tiny=dict(
            stem_channels=(32, 32),
            channels=(64, 128, 256),
            stage=dict(type='mmfermtl.PlainStage'),
            exchange=(0, 1),
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
            fer_norm=dict(type='BN'),
            fes_norm=dict(type='BN'),
            joint=False))

    def __init__(self,
                 arch: Union[str, Dict[str, Any]] = 'tiny',
                 in_channels: int = 1,
                 branches: str = 'both',
                 out_indices: Sequence[int] = (-1, ),
                 init_cfg: Optional[dict] = None,
                 **overrides) -> None:
        super().__init__(init_cfg)
        if branches not in ('both', 'fer'):
            raise ValueError(f"branches={branches!r}; give 'both' or 'fer'")
        cfg = self._resolve_arch(arch, overrides)
        depth = len(cfg['channels'])
        self.branches = branches
        self.joint: Optional[JointBlock] = None
        self.out_indices = self._resolve_indices(out_indices,
                                                 depth + bool(cfg['joint']),
                                                 'out_indices')
        self.exchange = () if cfg['sharing'] is None else (
            self._resolve_indices(cfg['exchange'], depth, 'exchange'))

        self.stem = self._make_stem(in_channels, cfg)
        self.pool = nn.MaxPool2d(2)
        widths = [cfg['stem_channels'][-1], *cfg['channels']]
        # Alone, recognition needs the other branch up to the last exchange.
        self._fes_depth = depth if cfg['joint'] else max(
            self.exchange, default=-1) + 1
        self.fer_stages = self._make_stages(widths, depth, cfg, 'fer_norm')
        self.fes_stages = self._make_stages(
            widths, depth if branches == 'both' else self._fes_depth, cfg,
            'fes_norm')
        self.sharing = ModuleList([
            MODELS.build(
                dict(
                    cfg['sharing'],
                    channels=widths[i + 1],
                    fer_only=branches == 'fer' and i + 1 == self._fes_depth
                    and not cfg['joint'])) for i in self.exchange
        ])
        if cfg['joint']:
            self.joint = JointBlock(
                widths[-1], cfg['fer_norm'], fer_only=branches == 'fer')

    def forward(
        self,
        x: Tensor,
        branches: Optional[str] = None
    ) -> Union[Features, Tuple[Features, Features]]:
        """Extract features.

        Args:
            x (Tensor): Images, ``(N, C, H, W)`` in [-1, 1].
            branches (str, optional): ``'fer'`` computes only what recognition
                needs. Defaults to the constructor's.

        Returns:
            tuple: With ``'fer'``, the FER features at ``out_indices``, as any
            mmpretrain backbone returns them. With ``'both'``, a pair of these
            and of all FES features: the stem before and after pooling, each
            stage after the exchange, and the joint block.
        """
        fer_only = (branches or self.branches) == 'fer'
        if not fer_only and self.branches == 'fer':
            raise ValueError("this backbone was built with branches='fer' "
                             'and has no synthesis features')
        stem = self.stem(x)
        fer = fes = self.pool(stem)
        fer_feats: List[Tensor] = []
        fes_feats: List[Tensor] = [stem, fes]
        for i, stage in enumerate(self.fer_stages):
            fer = stage(fer)
            if not fer_only or i < self._fes_depth:
                fes = self.fes_stages[i](fes)
            if i in self.exchange:
                last = fer_only and i + 1 == self._fes_depth
                fer, fes = self.sharing[self.exchange.index(i)](
                    fer, fes, fer_only=last and self.joint is None)
            fer_feats.append(fer)
            fes_feats.append(fes)
        if self.joint is not None:
            fer, fes = self.joint(fer, fes, fer_only=fer_only)
            fer_feats.append(fer)
            fes_feats.append(fes)
        chosen = tuple(fer_feats[i] for i in self.out_indices)
        return chosen if fer_only else (chosen, tuple(fes_feats))

    def _resolve_arch(self, arch: Union[str, Dict[str, Any]],
                      overrides: Dict[str, Any]) -> Dict[str, Any]:
        keys = set(self.arch_settings['tiny'])
        if isinstance(arch, str):
            if arch not in self.arch_settings:
                raise ValueError(f'arch={arch!r} is no preset; give one of '
                                 f'{sorted(self.arch_settings)} or a dict')
            arch = self.arch_settings[arch]
        cfg = {**arch, **overrides}
        if set(cfg) != keys:
            raise ValueError(f'arch has unknown keys {sorted(set(cfg) - keys)}'
                             f' and lacks {sorted(keys - set(cfg))}')
        return cfg

    @staticmethod
    def _resolve_indices(indices: Sequence[int], depth: int,
                         name: str) -> Tuple[int, ...]:
        if any(not -depth <= i < depth for i in indices):
            raise ValueError(f'{name}={tuple(indices)} does not fit {depth} '
                             'stages, which are counted from 0')
        return tuple(sorted(i % depth for i in indices))

    @staticmethod
    def _make_stem(in_channels: int, cfg: Dict[str, Any]) -> nn.Sequential:
        widths = [in_channels, *cfg['stem_channels']]
        return nn.Sequential(*[
            ConvModule(a, b, 3, padding=1, norm_cfg=cfg['fer_norm'])
            for a, b in zip(widths, widths[1:])
        ])

    @staticmethod
    def _make_stages(widths: List[int], depth: int, cfg: Dict[str, Any],
                     norm: str) -> ModuleList:
        return ModuleList([
            MODELS.build(
                dict(
                    cfg['stage'],
                    in_channels=widths[i],
                    out_channels=widths[i + 1],
                    norm_cfg=cfg[norm])) for i in range(depth)
        ])
