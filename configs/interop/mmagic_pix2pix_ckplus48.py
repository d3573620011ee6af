# Our synthesis network and discriminator in a translation model of mmagic.
# Needs the original stack.
_base_ = ['../_base_/datasets/ckplus48.py', '../_base_/default_runtime.py']
data_root = 'data/CK+48'
fold = 0
seed = 0
num_classes = 7

model = dict(
    type='mmagic.Pix2Pix',
    data_preprocessor=dict(
        type='mmfermtl.TranslationDataPreprocessor', num_classes=num_classes),
    generator=dict(
        type='mmfermtl.TranslationGenerator',
        num_classes=num_classes,
        network=dict(
            type='mmfermtl.FERMTLNetwork',
            backbone=dict(
                type='mmfermtl.ConvFLUBackbone',
                arch='tiny',
                in_channels=1,
                branches='fes',
                sharing=None),
            generator=dict(
                type='mmfermtl.FESGenerator',
                in_channels=256,
                num_classes=num_classes,
                label='concat',
                label_channels=16,
                label_maps=5,
                channels=(128, 64, 32, 16),
                skip_channels=(128, 64, 32, 32),
                norm_cfg=dict(type='BN'),
                upsample='nearest'))),
    discriminator=dict(
        type='mmfermtl.TranslationDiscriminator',
        num_classes=num_classes,
        network=dict(
            type='mmfermtl.FESDiscriminator',
            num_classes=num_classes,
            in_channels=1,
            channels=(32, 64, 128, 256))),
    default_domain='target',
    reachable_domains=['target'],
    related_domains=['source', 'target'],
    loss_config=dict(pixel_loss_weight=20.))
train_dataloader = dict(
    dataset=dict(data_root=data_root, fold=fold, pairs=True))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
val_evaluator = [
    dict(
        type='mmfermtl.GeneratedImageMetric',
        metric=dict(type='mmagic.MAE'),
        pred_key='fake_target'),
    dict(
        type='mmfermtl.GeneratedImageMetric',
        metric=dict(type='mmagic.SSIM'),
        pred_key='fake_target'),
]
test_evaluator = val_evaluator
optimizer = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, betas=(0.5, 0.999)))
optim_wrapper = dict(
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    generators=optimizer,
    discriminators=optimizer)
schedule = [
    dict(
        type='CosineAnnealingLR',
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True)
]
param_scheduler = dict(generators=schedule, discriminators=schedule)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=40, val_interval=1)
val_cfg = dict()
test_cfg = dict()
# Without the hooks that need a model of ours. Here `_base_` is the inherited
# config.
default_hooks = dict(
    _delete_=True,
    **{
        name: hook
        for name, hook in _base_.default_hooks.items()
        if name not in ('synthesis_grid', 'summary')
    })
randomness = dict(seed=seed)
