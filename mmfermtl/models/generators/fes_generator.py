from collections import OrderedDict
from typing import Optional, Sequence, Tuple, Union

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from .label_injection import LabelModulation, LabelTransformer
from .warp_image import warp_image


@MODELS.register_module()
class FESGenerator(BaseModule):
    """Generate an image with a target expression from synthesis features.

    Each level doubles the resolution, concatenates the encoder's features of
    that resolution if it has a skip, and convolves. The target is a
    probability vector, so that mixtures (``0.5`` and ``0.5``) and intensities
    (with the rest on the expression of the source) can be synthesized.
    Source: ``f_tra`` and ``f_dec`` of Zhao et al., ICPR 2020, in the forms of
    both releases.

    Args:
        in_channels (int): Channels of the deepest FES features.
        num_classes (int): Number of expressions ``E``.
        channels (Sequence[int]): Channels after the upsampling of each
            level, from the deepest.
        convs (Sequence[Sequence[int]], optional): Channels of the 3x3
            convolutions of each level. None means two of ``channels``.
            Defaults to None.
        skip_channels (Sequence[int]): Channels of the encoder's features
            concatenated at each level, from the deepest: empty for the plain
            decoder, up to one per level for the U-Net. Defaults to ().
        label (str): ``'concat'`` concatenates the output of a label
            transformer to the deepest features (release of 2020);
            ``'modulation'`` scales and shifts the deepest features and all
            skips by the target (release of 2021). Defaults to ``'concat'``.
        modulation_norm (bool): Whether ``'modulation'`` applies an instance
            norm first, as in the release. Defaults to True.
        label_channels (int): Channels of the transformed label with
            ``'concat'``. Defaults to 64.
        label_maps (int): Number of maps of the transformed label; the first
            is concatenated to the deepest features, each further one to a
            level, from the deepest. They let the generator learn which
            expression changes which region, as faces are aligned; ours.
            Defaults to 1.
        upsample (str | Sequence[str]): ``'deconv2'`` (2x2, release of 2020),
            ``'deconv4'`` (4x4, release of 2021) or ``'nearest'`` (followed by
            a 3x3 convolution, ours); or one for each level, of which
            ``'conv'`` is a 3x3 convolution that keeps the resolution, as in
            the first level of the figure in the release of 2021. Defaults to
            ``'deconv4'``.
        change_mask (bool): Whether the result is a mixture of a new image and
            of the source, by a mask of one channel that is generated, too:
            what an expression does not change is copied, and stays sharp. As
            the attention mask of GANimation (Pumarola et al., 2018), without
            its losses; ours here. Defaults to False.
        warp (bool): With a change mask, whether the source is displaced
            before it is mixed, by a flow that is generated, too: brows and
            corners of the mouth move with their texture, and the new image
            adds only what the source does not show, as teeth. Ours here.
            Defaults to False.
        warp_interpolation (str): ``'bilinear'``, or ``'bicubic'``, which
            blurs less what it displaces. Defaults to ``'bilinear'``.
        out_channels (int): Channels of the image. Defaults to 1.
        out_kernel (int): Odd size of the last kernel. Defaults to 3.
        norm_cfg (dict): Defaults to ``dict(type='IN')``.
        act_cfg (dict): Defaults to
            ``dict(type='LeakyReLU', negative_slope=0.2)``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import FESGenerator
        >>> generator = FESGenerator(256, 7, channels=(64, 32))
        >>> feats = (torch.rand(2, 256, 12, 12), )
        >>> target = torch.eye(7)[[0, 3]]
        >>> generator(feats, target).shape
        torch.Size([2, 1, 48, 48])
    """

    def __init__(self,
                 in_channels: int,
                 num_classes: int,
                 channels: Sequence[int],
                 convs: Optional[Sequence[Sequence[int]]] = None,
                 skip_channels: Sequence[int] = (),
                 label: str = 'concat',
                 modulation_norm: bool = True,
                 label_channels: int = 64,
                 label_maps: int = 1,
                 upsample: Union[str, Sequence[str]] = 'deconv4',
                 change_mask: bool = False,
                 warp: bool = False,
                 warp_interpolation: str = 'bilinear',
                 out_channels: int = 1,
                 out_kernel: int = 3,
                 norm_cfg: dict = dict(type='IN'),
                 act_cfg: dict = dict(type='LeakyReLU', negative_slope=0.2),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        convs = [(c, c) for c in channels] if convs is None else convs
        kinds = [upsample] * len(channels) if isinstance(
            upsample, str) else list(upsample)
        #: Levels that double the resolution, for which there are label maps.
        self.doubling = [i for i, k in enumerate(kinds) if k != 'conv']
        _check_options(label, label_maps, channels, convs, skip_channels,
                       kinds)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.num_skips = len(skip_channels)
        self.label_transformer: Optional[LabelTransformer] = None
        self.modulations = ModuleList()
        # Channels of the label map at each level, after the deepest features.
        maps = [0] * len(channels)
        width = in_channels
        if label == 'concat':
            self.label_transformer = LabelTransformer(num_classes,
                                                      label_channels,
                                                      label_maps)
            for i in self.doubling[:label_maps - 1]:
                maps[i] = label_channels
            width += label_channels
        else:
            self.modulations.extend([
                LabelModulation(num_classes, c, modulation_norm)
                for c in (in_channels, *skip_channels)
            ])
        layer = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        skips = [*skip_channels, *[0] * (len(channels) - self.num_skips)]
        self.upsamples, self.levels = ModuleList(), ModuleList()
        # Upsampling, then convolutions over it, the skip and the label map.
        for kind, up, skip, label_map, outs in zip(kinds, channels, skips,
                                                   maps, convs):
            self.upsamples.append(_make_upsample(kind, width, up, layer))
            widths = [up + skip + label_map, *outs]
            self.levels.append(
                nn.Sequential(*[
                    ConvModule(a, b, 3, padding=1, **layer)
                    for a, b in zip(widths, outs)
                ]))
            width = widths[-1]
        self.out_conv = nn.Conv2d(
            width, out_channels, out_kernel, padding=out_kernel // 2)
        self.change_mask = change_mask
        if change_mask:
            self.mask_conv = nn.Conv2d(width, 1, 3, padding=1)
        if warp_interpolation not in ('bilinear', 'bicubic'):
            raise ValueError(f'warp_interpolation={warp_interpolation!r}; '
                             "give 'bilinear' or 'bicubic'")
        self.warp = warp
        self.warp_interpolation = warp_interpolation
        if warp and not change_mask:
            raise ValueError('warp displaces the source that a change mask '
                             'mixes in; set change_mask=True, too')
        if warp:
            self.flow_conv = nn.Conv2d(width, 2, 3, padding=1)
            # Training starts with the source where it is, mostly kept.
            nn.init.zeros_(self.flow_conv.weight)
            nn.init.zeros_(self.flow_conv.bias)
            nn.init.constant_(self.mask_conv.bias, -2.)

    def forward(self,
                feats: Tuple[Tensor, ...],
                score: Tensor,
                source: Optional[Tensor] = None) -> Tensor:
        """Generate images.

        Args:
            feats (tuple[Tensor]): FES features of the backbone, from the
                stem to the deepest, ``(N, C_i, H_i, W_i)``.
            score (Tensor): Target probability vectors, ``(N, E)``.
            source (Tensor, optional): The source images, ``(N, out_channels,
                H, W)`` in [-1, 1]; needed for a change mask. Defaults to
                None.

        Returns:
            Tensor: Images, ``(N, out_channels, H, W)`` in [-1, 1] (tanh).

        Raises:
            ValueError: If the features do not fit the options.
        """
        return self.generate(feats, score, source)[0]

    def generate(
            self,
            feats: Tuple[Tensor, ...],
            score: Tensor,
            source: Optional[Tensor] = None
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """Generate images, and return how the source was displaced, too.

        Args:
            feats, score, source: As in :meth:`forward`.

        Returns:
            tuple: Images as of :meth:`forward`; and the flow of
            :func:`~mmfermtl.models.generators.warp_image.warp_image`, ``(N,
            2, H, W)``, None without ``warp``.
        """
        self._check(feats)
        if self.change_mask and source is None:
            raise ValueError('a change mask mixes the result with the source; '
                             'give `source`, as FERMTLNetwork does')
        # What is concatenated at each level: its skip, then its label map.
        joined = [[x] for x in feats[-2::-1][:self.num_skips]]
        joined += [[] for _ in range(len(self.levels) - len(joined))]
        x = feats[-1]
        if self.label_transformer is not None:
            # Maps of the size of the deepest features, 2, 4, ... times it.
            label, *labels = self.label_transformer(score, x.shape[2:])
            x = torch.cat([x, label.to(x)], dim=1)
            for i, label in zip(self.doubling, labels):
                joined[i].append(label.to(x))
        else:
            x = self.modulations[0](x, score)
            for parts, modulate in zip(joined, self.modulations[1:]):
                parts[0] = modulate(parts[0], score)
        for upsample, level, parts in zip(self.upsamples, self.levels, joined):
            x = level(torch.cat([upsample(x), *parts], dim=1))
        # float32 under autocast too: uint8 levels near +-1 need it.
        image = torch.tanh(self.out_conv(x).float())
        if not self.change_mask:
            return image, None
        mask = torch.sigmoid(self.mask_conv(x).float())  # (N, 1, H, W)
        source, flow = source.float(), None
        if self.warp:
            flow = self.flow_conv(x).float()
            source = warp_image(source, flow, self.warp_interpolation)
            if self.warp_interpolation != 'bilinear':
                source = source.clamp(-1, 1)
        return torch.lerp(source, image, mask), flow

    def _check(self, feats: Tuple[Tensor, ...]) -> None:
        """Raise an error if the options do not fit the backbone."""
        if feats[-1].size(1) != self.in_channels:
            raise ValueError(f'the deepest features have {feats[-1].size(1)} '
                             f'channels, expected {self.in_channels}; set '
                             '`in_channels` to the last width of the backbone')
        if len(feats) <= self.num_skips:
            raise ValueError(f'{self.num_skips} skips need '
                             f'{self.num_skips + 1} features, got '
                             f'{len(feats)}')


def _check_options(label: str, label_maps: int, channels: Sequence[int],
                   convs: Sequence[Sequence[int]],
                   skip_channels: Sequence[int], kinds: Sequence[str]) -> None:
    """Raise an error if options of the generator contradict each other."""
    depth = len(channels)
    if label not in ('concat', 'modulation'):
        raise ValueError(f"label={label!r}; give 'concat' or 'modulation'")
    if len(kinds) != depth:
        raise ValueError(f'upsample has {len(kinds)} entries for {depth} '
                         'levels')
    doubling = depth - kinds.count('conv')
    if not 1 <= label_maps <= doubling + 1:
        raise ValueError(f'label_maps={label_maps} does not fit {doubling} '
                         'levels and the deepest map')
    if len(skip_channels) > depth:
        raise ValueError(f'{len(skip_channels)} skips do not fit {depth} '
                         'levels')
    if len(convs) != depth:
        raise ValueError(f'convs has {len(convs)} entries for {depth} levels')


def _make_upsample(kind: str, in_channels: int, out_channels: int,
                   layer: dict) -> nn.Module:
    """Build the first layer of a level, with norm and activation."""
    if kind == 'conv':
        return ConvModule(in_channels, out_channels, 3, padding=1, **layer)
    if kind == 'nearest':
        conv = ConvModule(
            in_channels,
            out_channels,
            3,
            padding=1,
            conv_cfg=dict(type='mmfermtl.UpsampleConv2d'),
            **layer)
        # Checkpoints name these weights `upsamples.<level>.1.*`.
        return nn.Sequential(OrderedDict({'1': conv}))
    if kind not in ('deconv2', 'deconv4'):
        raise ValueError(f"upsample={kind!r}; give 'deconv2', 'deconv4', "
                         "'nearest' or, for a level, 'conv'")
    return ConvModule(
        in_channels,
        out_channels,
        int(kind[-1]),
        stride=2,
        padding=1 if kind == 'deconv4' else 0,
        conv_cfg=dict(type='deconv'),
        **layer)
