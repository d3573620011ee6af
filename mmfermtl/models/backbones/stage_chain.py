"""Split a backbone of another package into stages."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

#: Side of the image with which a backbone is checked.
TRIAL_SIZE = 64


class Stage(NamedTuple):
    """Children of a backbone whose outputs have one resolution."""

    #: Names of the children, dotted, in the order in which they run.
    names: Tuple[str, ...]
    #: Channels of the output of the last one.
    channels: int
    #: Side of the image divided by that of the features.
    stride: int


def split_stages(backbone: nn.Module,
                 chain: Optional[Sequence[str]] = None) -> List[Stage]:
    """Group the children of a backbone by the resolution of their outputs.

    The children, run one after the other, must compute the same as the
    backbone; this is checked with one image, so that a backbone that does
    more in its forward pass is refused instead of silently changed.

    Args:
        backbone (nn.Module): As mmpretrain builds it, with its last stage
            among ``out_indices``.
        chain (Sequence[str], optional): Dotted names of all children, in the
            order in which they run. None finds them for mmpretrain's ResNet
            and its variants, ConvNeXt, and backbones with a list ``layers``
            (MobileNet, EfficientNet, ShuffleNetV2). Defaults to None.

    Returns:
        list[Stage]: From the finest to the coarsest resolution.

    Raises:
        ValueError: If the backbone is not such a chain.
    """
    kind = type(backbone).__name__
    names = tuple(chain) if chain else _known_chain(backbone)
    if not names:
        raise ValueError(
            f'{kind} is not among the known stage-wise backbones; name its '
            "children in the order in which they run: chain=['conv1', ...]")
    modules = [_child(backbone, name, kind) for name in names]
    image = _trial_image(backbone)
    # Evaluation mode: the check must not change running statistics.
    training = backbone.training
    backbone.eval()
    try:
        with torch.no_grad():
            steps = []
            x = image
            for module in modules:
                x = module(x)
                steps.append(x)
            wanted = backbone(image)
    finally:
        backbone.train(training)
    _check_same(kind, names, steps[-1], wanted)
    return _group(names, steps)


def run_stage(backbone: nn.Module, stage: Stage, x: Tensor) -> Tensor:
    """Run the children of a stage, ``(N, C, H, W)`` to ``(N, C', H', W')``.

    The backbone is that of :func:`split_stages`, or of the same config.
    """
    for name in stage.names:
        x = backbone.get_submodule(name)(x)
    return x


def drop_stage(backbone: nn.Module, stage: Stage) -> None:
    """Replace the children of a stage by identities, in place."""
    for name in stage.names:
        parent, _, child = name.rpartition('.')
        # Not deleted: methods of the backbone access their children.
        setattr(backbone.get_submodule(parent), child, nn.Identity())


def _known_chain(backbone: nn.Module) -> Tuple[str, ...]:
    """Return the names of the children, for the layouts of mmpretrain."""
    if hasattr(backbone, 'res_layers'):  # ResNet and variants
        stem = ['stem'] if getattr(backbone, 'deep_stem', False) else [
            'conv1', backbone.norm1_name, 'relu'
        ]
        # ResNet_CIFAR has none.
        pool = ['maxpool'] if hasattr(backbone, 'maxpool') else []
        return (*stem, *pool, *backbone.res_layers)
    if hasattr(backbone, 'downsample_layers') and hasattr(backbone, 'stages'):
        # ConvNeXt alternates both, and normalises the last output.
        depth = len(backbone.stages)
        names = [
            f'{part}.{i}' for i in range(depth)
            for part in ('downsample_layers', 'stages')
        ]
        last = f'norm{depth - 1}'
        return (*names, *([last] if hasattr(backbone, last) else []))
    if hasattr(backbone, 'layers'):  # MobileNet, EfficientNet, ShuffleNet
        # A container, or names of children.
        layers = backbone.layers
        if isinstance(layers, (nn.ModuleList, nn.Sequential)):
            layers = [f'layers.{i}' for i in range(len(layers))]
        first = [
            name for name in ('conv1', 'maxpool')
            if name not in layers and hasattr(backbone, name)
        ]
        return (*first, *layers)
    return ()


def _child(backbone: nn.Module, name: str, kind: str) -> nn.Module:
    """Return a child of a backbone by its dotted name."""
    try:
        return backbone.get_submodule(name)
    except AttributeError as error:
        found = ', '.join(n for n, _ in backbone.named_children())
        raise ValueError(f'{kind} has no child {name!r}; its children are '
                         f'{found}') from error


def _trial_image(backbone: nn.Module) -> Tensor:
    """Return an image ``(1, C, S, S)`` with the channels of the backbone.

    It is not symmetric, so that flips and swapped axes would be noticed.
    """
    # The first convolution reads the image.
    channels = next(m.in_channels for m in backbone.modules()
                    if isinstance(m, nn.Conv2d))
    count = channels * TRIAL_SIZE**2
    return torch.linspace(-1, 1, count).sin().view(1, channels, TRIAL_SIZE,
                                                   TRIAL_SIZE)


def _check_same(kind: str, names: Tuple[str, ...], found: Tensor,
                wanted: Tuple[Tensor, ...]) -> None:
    """Raise an error if chain and backbone return other ``(N, C, H, W)``."""
    last = wanted[-1] if isinstance(wanted, (tuple, list)) else wanted
    if last.ndim != 4:
        raise ValueError(
            f'{kind} returns vectors {tuple(last.shape)}, maps (N, C, H, W) '
            'are needed; set gap_before_final_norm=False or a similar option '
            'in `branch`')
    if found.shape != last.shape or not torch.allclose(
            found, last, rtol=1e-4, atol=1e-5):
        raise ValueError(
            f'{kind}: its children {", ".join(names)}, run one after the '
            f'other, return {tuple(found.shape)} and not the same as the '
            f'backbone, {tuple(last.shape)}; name other children by `chain`, '
            'and include the last stage in its out_indices')


def _group(names: Tuple[str, ...], steps: List[Tensor]) -> List[Stage]:
    """Join consecutive children whose outputs have the same resolution."""
    stages: List[Stage] = []
    for name, x in zip(names, steps):
        stride = TRIAL_SIZE // x.size(-1)
        if stages and stages[-1].stride == stride:
            stages[-1] = Stage((*stages[-1].names, name), x.size(1), stride)
        else:
            stages.append(Stage((name, ), x.size(1), stride))
    return stages
