"""The real models at tiny width, and a batch for them."""
from typing import Any, Tuple

import torch
from mmengine.registry import init_default_scope
from torch import nn

from mmfermtl.engine import MultiOptimWrapperConstructor
from mmfermtl.models import FERMTL
from mmfermtl.registry import MODELS
from mmfermtl.structures import ExpressionDataSample

E = 4
NETWORK = dict(
    type='mmfermtl.FERMTLNetwork',
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone',
        stem_channels=(4, ),
        channels=(4, 6, 8)),
    head=dict(type='mmfermtl.FERHead', in_channels=8, num_classes=E),
    generator=dict(
        type='mmfermtl.FESGenerator',
        in_channels=8,
        num_classes=E,
        channels=(8, 6, 4, 4),
        skip_channels=(6, 4, 4),
        label='modulation'))
#: The same in the wiring of the figure in the release of 2021.
FIGURE = dict(
    NETWORK,
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone',
        arch='tiny_figure',
        stem_channels=(4, ),
        channels=(4, 6, 8)),
    generator=dict(
        type='mmfermtl.FESGenerator',
        in_channels=6,
        num_classes=E,
        channels=(8, 6, 4),
        skip_channels=(6, 4, 4),
        upsample=('conv', 'nearest', 'nearest'),
        label_maps=2,
        out_kernel=1))

#: A discriminator of features and pixels, with random draws of its own.
FEATURES = dict(
    type='mmfermtl.FeatureDiscriminator',
    num_classes=E,
    backbone=dict(
        NETWORK['backbone'],
        branches='fer',
        sharing=None,
        out_indices=(0, 1, 2)),
    image_size=32,
    channels=4,
    out_size=4,
    image=dict(
        type='mmfermtl.FESDiscriminator',
        num_classes=E,
        channels=(4, 4),
        scales=2),
    augment=dict(type='mmfermtl.DifferentiableAugment'))


def make_data(n: int = 4) -> dict:
    """A batch: a paired target, an unpaired one, identity, no target."""
    torch.manual_seed(1)
    inputs = [
        torch.randint(0, 256, (1, 32, 32), dtype=torch.uint8) for _ in range(n)
    ]
    samples = [ExpressionDataSample().set_gt_label(k % E) for k in range(n)]
    samples[0].set_target_label(1)
    samples[0].set_field(255 - inputs[0], 'gt_img')
    samples[1].set_target_label(3)
    if n > 2:
        samples[2].set_target_label(2)
        samples[2].set_field(inputs[2], 'gt_img')
    return dict(inputs=inputs, data_samples=samples)


def make_model(cls: str = 'FERMTL', **kwargs: Any) -> FERMTL:
    """A model with fixed weights."""
    torch.manual_seed(0)
    init_default_scope('mmpretrain')
    kwargs.setdefault('network', NETWORK)
    return MODELS.build(dict(type=f'mmfermtl.{cls}', **kwargs))


ALL_LOSSES = dict(
    loss_identity=dict(type='mmfermtl.PixelLoss'),
    loss_cyc=dict(type='mmfermtl.PixelLoss', norm='mse'),
    loss_syn=dict(type='mmfermtl.CrossEntropyLoss'),
    loss_feat=dict(type='mmfermtl.FeatureLoss', network=nn.Conv2d(1, 2, 3)))


def adversarial(scales: int = 1, **kwargs: Any) -> Tuple[FERMTL, Any]:
    """The model with a discriminator, and its optimizers."""
    kwargs.setdefault(
        'discriminator',
        dict(
            type='mmfermtl.FESDiscriminator',
            num_classes=E,
            channels=(4, 4),
            scales=scales))
    model = make_model('AdversarialFERMTL', **kwargs)
    # A step that no float32 weight of about 1 can swallow.
    sgd = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=10.))
    constructor = MultiOptimWrapperConstructor(
        dict(network=dict(sgd), discriminator=dict(sgd)))
    return model, constructor(model)
