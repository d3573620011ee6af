# The first stage of fermtl_ferplus.py: learn to edit faces from rendered
# ones, of which the same face with another expression is known to the pixel.
# The weights of the recogniser of FER+ stay as they are, but the running
# statistics of its batch norms become those of rendered faces: the published
# weights were trained so.
_base_ = [
    '../_base_/models/fer_tiny.py', '../_base_/datasets/ferplus.py',
    '../_base_/schedules/adamw_cosine.py', '../_base_/averaged_runtime.py'
]
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+, which recognition is validated
# on, are fixed.
fold = 0
seed = 0
num_classes = 8
# The last checkpoint of ../single_task/fer_ferplus_restart.py.
pretrained = 'work_dirs/fer_ferplus_restart/epoch_40.pth'

model = dict(
    network=dict(
        # Nearly closed: units as initialised would replace half of the
        # pretrained features by noise.
        backbone=dict(
            branches='both',
            sharing=dict(
                _delete_=True,
                type='mmfermtl.ConvFLUExchange',
                kernel_size=1,
                update_bias=-3.)),
        head=dict(num_classes=num_classes, loss=dict(label_smoothing=0.)),
        # As in ../_base_/models/fermtl_tiny.py.
        generator=dict(
            _delete_=True,
            type='mmfermtl.FESGenerator',
            in_channels=256,
            num_classes=num_classes,
            label='concat',
            label_channels=16,
            label_maps=5,
            channels=(128, 64, 32, 16),
            skip_channels=(128, 64, 32, 32),
            norm_cfg=dict(type='BN'),
            upsample='nearest',
            change_mask=True,
            warp=True)),
    loss_rec=dict(
        type='mmfermtl.PixelLoss', norm='l1', focus=40., loss_weight=2.),
    loss_identity=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=0.5))
dataset = dict(data_root=data_root)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        _delete_=True,
        type='mmfermtl.SyntheticFaces',
        difficulty='wild',
        num_subjects=800,
        classes=num_classes,
        image_size=48,
        split='train',
        fold=fold,
        pairs=dict(identity=0.02, mixed=0.3),
        pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
# 1,260 steps an epoch.
train_cfg = dict(max_epochs=2)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=200, by_epoch=False),
    dict(
        type='CosineAnnealingLR',
        # A share, so that what is still stays so.
        eta_min_ratio=0.05,
        by_epoch=True,
        convert_to_iter_based=True)
]
still = dict(lr_mult=0., decay_mult=0.)
optim_wrapper = dict(
    constructor='DefaultOptimWrapperConstructor',
    optimizer=dict(lr=2e-3, weight_decay=5e-2),
    paramwise_cfg=dict(
        flat_decay_mult=0.,
        custom_keys={
            'backbone.stem': still,
            'backbone.fer_stages': still,
            'to_fer': still,
            'head': still,
        }))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        copies={'backbone.fes_stages': 'backbone.fer_stages'},
        from_scratch=('backbone.sharing', )))
randomness = dict(seed=seed)
