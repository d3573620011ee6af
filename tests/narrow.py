"""Shrink the shipped configs until a step takes a moment."""
import os.path as osp
from glob import glob
from importlib.util import find_spec
from typing import Any, Dict, List, Union

from mmengine.config import Config

from mmfermtl.engine.config.schedules import check_schedules

CONFIGS = osp.join(osp.dirname(osp.dirname(osp.abspath(__file__))), 'configs')
#: Path of each config that can be trained, by file name.
PATHS: Dict[str, str] = {
    osp.basename(path): path
    for folder in (CONFIGS, osp.join(CONFIGS, '[!_]*'))
    for path in sorted(glob(osp.join(folder, '*.py')))
}
LEAVES: List[str] = sorted(PATHS)
#: A config of each family, for the original stack (mmagic comes with it
#: alone). What is in `_base_` is read on both stacks, and the parts
#: themselves have tests of their own.
ONE_OF_EACH = [
    'fermtl_ckplus48.py', 'fermtl_bu4dfe.py', 'fermtl_r21_ckplus.py',
    'fermtl_cross_stitch_ckplus48.py', 'fer_synthetic.py', 'fes_ckplus48.py',
    'identity_ckplus48.py', 'fermtl_convnext_ckplus.py',
    'fermtl_enlarged_ckplus48.py', 'stargan_ckplus48.py'
]
CHOSEN = ONE_OF_EACH if find_spec('mmagic') else LEAVES


def load_leaf(name: str) -> Config:
    """Read a shipped config by its file name."""
    return Config.fromfile(PATHS[name])


def narrow_model(cfg: Config, width: int = 4) -> None:
    """Set all widths of the network to a few channels."""
    network = cfg.model.get('network', cfg.model)
    if cfg.model.type == 'mmagic.Pix2Pix':
        network = cfg.model.generator.network
    generator = network.get('generator')
    if network.backbone.type.endswith('ImageFeatures'):
        generator.channels = width
        cfg.model.discriminator.channels = (width, ) * 4
        return
    if network.backbone.type.endswith('DualBackbone'):
        *skips, deepest = narrow_dual(network.backbone)
    else:
        narrow_branches(network.backbone, width)
        skips, deepest = [width] * 9, width
    if network.get('head') is not None:
        network.head.in_channels = deepest
        if 'hidden_channels' in network.head:
            network.head.hidden_channels = width
    if generator is not None:
        generator.in_channels = deepest
        generator.channels = (width, ) * len(generator.channels)
        generator.pop('convs', None)
        count = len(generator.get('skip_channels', ()))
        generator.skip_channels = tuple(skips[::-1][:count])
    if 'discriminator' in cfg.model:
        discriminator = cfg.model.discriminator
        discriminator = discriminator.get('network', discriminator)
        if discriminator.type == 'mmagic.PatchDiscriminator':
            discriminator.base_channels = width
        elif discriminator.type == 'mmfermtl.FeatureDiscriminator':
            narrow_branches(discriminator.backbone, width)
            # The checkpoint of another run is not there.
            del discriminator.backbone['init_cfg']
            discriminator.channels = width
            discriminator.image.channels = (width, ) * 3
        else:
            discriminator.channels = (width, ) * 4


def narrow_branches(backbone: Any, width: int) -> None:
    """Give our own backbone a few channels."""
    from mmfermtl.models import ConvFLUBackbone
    preset = ConvFLUBackbone.arch_settings[backbone.arch]
    backbone.stem_channels = (width, ) * len(preset['stem_channels'])
    backbone.channels = (width, ) * len(preset['channels'])


def narrow_dual(backbone: Any) -> List[int]:
    """Give a backbone of mmpretrain few channels; return those of stages."""
    from mmengine.registry import init_default_scope

    from mmfermtl.registry import MODELS
    branch = backbone.branch
    if branch.type.endswith('FaceApiResNet'):
        # Its weights are not there, and its widths are fixed.
        backbone.pretrained = None
    elif branch.type.endswith('ResNet'):
        # oneDNN 3.13 corrupts memory with 4 channels, stride 2, channels last.
        branch.base_channels = 8
        if branch.depth > 34:
            branch.expansion = 1
    elif branch.type.endswith('ConvNeXt'):
        branch.arch = dict(depths=[1, 1, 1, 1], channels=[8, 8, 8, 8])
    init_default_scope('mmpretrain')
    return [stage.channels for stage in MODELS.build(backbone).stages]


def shrink(name: str,
           work_dir: Any,
           data_root: Union[str, Dict[str, str]],
           images: int = 8,
           epochs: int = 1) -> Config:
    """Read a shipped config with narrow layers, few images and epochs.

    Args:
        name (str): File name of the config.
        work_dir (Path): Work directory.
        data_root (str | dict[str, str]): Data folder, or the folders by
            dataset class.
        images (int): Size of each dataset. Defaults to 8.
        epochs (int): Number of epochs. Defaults to 1.

    Returns:
        Config: A config that MMEngine's Runner can run.
    """
    cfg = load_leaf(name)
    narrow_model(cfg)
    cfg.work_dir = str(work_dir)
    # The checkpoint of another run is not there.
    cfg.default_hooks.pop('load_parts', None)
    cfg.train_cfg.max_epochs = epochs
    check_schedules(cfg)
    cfg.train_dataloader.batch_size = 4
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        shrink_dataset(loader.dataset, data_root, images)
        # A runner that is garbage waits 5 s for each of its workers, as its
        # queues may be collected first. test_reproducibility.py has workers.
        loader.num_workers = 0
        loader.persistent_workers = False
    if cfg.train_dataloader.sampler.type.endswith('GeneratedRatioSampler'):
        # It counts the real images, half of all here.
        cfg.train_dataloader.sampler.length = 2.
    return cfg


def shrink_dataset(dataset: Any, data_root: Union[str, Dict[str, str]],
                   images: int) -> None:
    """Keep few images of a dataset, shared among those that it joins."""
    if 'datasets' in dataset:
        many, more = divmod(images, len(dataset.datasets))
        for k, member in enumerate(dataset.datasets):
            shrink_dataset(member, data_root, many + (k < more))
        return
    if dataset.type.endswith(('ClassBalancedDataset', 'RepeatDataset')):
        if 'times' in dataset:
            dataset.times = 1
        return shrink_dataset(dataset.dataset, data_root, images)
    dataset.indices = images
    leaf = dataset.get('dataset', dataset)
    if 'data_root' in leaf:
        kind = leaf.type.split('.')[-1]
        leaf.data_root = (
            data_root if isinstance(data_root, str) else data_root[kind])
    if 'neutral_root' in leaf:
        leaf.neutral_root = data_root['neutral']
    if 'num_subjects' in leaf:
        leaf.num_subjects = 10
    # The generated set of the tests is of more subjects.
    leaf.pop('train_subjects', None)
