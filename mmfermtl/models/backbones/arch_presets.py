"""Define the presets of :class:`ConvFLUBackbone`, which describes them."""
from typing import Any, Dict

#: Keys that a preset may leave out: the wiring of the paper's figure.
WIRING: Dict[str, Any] = dict(
    shared_stem=True,
    exchange_before_pool=False,
    to_fes='branch',
    fes_depth=None)
#: The wiring of the figure in the release of 2021.
_LATER_WIRING: Dict[str, Any] = dict(
    exchange=(0, 1, 2),
    joint=False,
    shared_stem=False,
    exchange_before_pool=True,
    to_fes='skip',
    fes_depth=3)

ARCH_PRESETS: Dict[str, Dict[str, Any]] = dict(
    # Fig. 1 of the paper, with the widths of the release of 2020.
    fersnet=dict(
        stem_channels=(256, 256),
        channels=(256, 256, 256, 256),
        stage=dict(type='mmfermtl.PlainStage'),
        exchange=(0, 1, 2),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=3),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='BN'),
        joint=False),
    # The release of 2021.
    r21=dict(
        stem_channels=(64, ),
        channels=(128, 256, 512),
        stage=dict(type='mmfermtl.ResidualStage'),
        exchange=(0, 1, 2),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='IN'),
        joint=True),
    # The figure in the release of 2021, which names no widths, norms and
    # kernels of units: those of its code.
    fersnet_figure=dict(
        stem_channels=(64, 64),
        channels=(128, 256, 512),
        stage=dict(type='mmfermtl.PlainStage'),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='IN'),
        **_LATER_WIRING),
    # The same blocks with the widths and norms of `tiny`.
    tiny_figure=dict(
        stem_channels=(32, 32),
        channels=(64, 128, 256),
        stage=dict(type='mmfermtl.PlainStage'),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='BN'),
        **_LATER_WIRING),
    # Ours, for 48 px on a CPU.
    tiny=dict(
        stem_channels=(32, 32),
        channels=(64, 128, 256),
        stage=dict(type='mmfermtl.PlainStage'),
        exchange=(0, 1),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='BN'),
        joint=False),
    # Ours, for 64 px on a CPU.
    small=dict(
        stem_channels=(32, 32),
        channels=(64, 128, 256, 384),
        stage=dict(type='mmfermtl.ResidualStage'),
        exchange=(0, 1, 2),
        sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
        fer_norm=dict(type='BN'),
        fes_norm=dict(type='BN'),
        joint=False))


def resolve_arch(arch: Any, overrides: Dict[str, Any]) -> Dict[str, Any]:
    """Merge a preset with the options that replace its values.

    Args:
        arch (str | dict): Name of a preset, or a dict with its keys.
        overrides (dict): Values that replace those of the preset.

    Returns:
        dict: One value for each key of a preset and of :data:`WIRING`.

    Raises:
        ValueError: If a preset or a key does not exist.
    """
    # All presets have the same, but for those with a default.
    keys = {*ARCH_PRESETS['tiny'], *WIRING}
    if isinstance(arch, str):
        if arch not in ARCH_PRESETS:
            raise ValueError(f'arch={arch!r} is not a preset; give one of '
                             f'{sorted(ARCH_PRESETS)} or a dict')
        arch = ARCH_PRESETS[arch]
    cfg = {**WIRING, **arch, **overrides}
    if set(cfg) != keys:
        raise ValueError(f'arch has unknown keys {sorted(set(cfg) - keys)}'
                         f' and lacks {sorted(keys - set(cfg))}')
    return cfg


def resolve_indices(indices: Any, depth: int, name: str) -> tuple:
    """Replace negative stage indices, which count from the end, and sort.

    One that is named twice counts once.

    Raises:
        ValueError: If an index is out of range.
    """
    if any(not -depth <= i < depth for i in indices):
        raise ValueError(f'{name}={tuple(indices)} does not fit {depth} '
                         'stages, which are counted from 0')
    return tuple(sorted({i % depth for i in indices}))
