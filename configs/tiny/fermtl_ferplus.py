# Recognition and synthesis on FER+, eight expressions. No two images of FER+
# show the same subject: synthesis learns the ground truth from rendered
# faces, first alone (fermtl_wild_synthetic.py), then beside photographs, whose
# looks a discriminator on the features of the recogniser demands.
_base_ = [
    '../_base_/models/fermtl_tiny.py', '../_base_/datasets/ferplus.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/averaged_runtime.py'
]
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+ are fixed.
fold = 0
seed = 0
num_classes = 8
# The last checkpoints of fermtl_wild_synthetic.py, and of the recogniser that
# this began with, ../single_task/fer_ferplus.py.
pretrained = 'work_dirs/fermtl_wild_synthetic/epoch_1.pth'
recogniser = 'work_dirs/fer_ferplus/epoch_16.pth'

model = dict(
    network=dict(
        # Nearly closed: units as initialised would replace half of the
        # pretrained features by noise.
        backbone=dict(
            sharing=dict(
                type='mmfermtl.ConvFLUExchange',
                kernel_size=1,
                update_bias=-3.)),
        head=dict(num_classes=num_classes, loss=dict(label_smoothing=0.)),
        generator=dict(num_classes=num_classes, change_mask=True, warp=True)),
    discriminator=dict(
        _delete_=True,
        type='mmfermtl.FeatureDiscriminator',
        num_classes=num_classes,
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone',
            arch='tiny',
            in_channels=1,
            branches='fer',
            sharing=None,
            out_indices=(0, 1, 2),
            init_cfg=dict(
                type='Pretrained',
                checkpoint=recogniser,
                prefix='network.backbone.')),
        image=dict(
            type='mmfermtl.FESDiscriminator',
            num_classes=num_classes,
            channels=(64, 128, 256),
            scales=2),
        augment=dict(type='mmfermtl.DifferentiableAugment')),
    matching_aware=True,
    loss_rec=dict(focus=40.),
    loss_identity=dict(loss_weight=0.5),
    # The recogniser is not asked whether a face shows the target: the
    # generator would learn to deceive it.
    loss_syn=None,
    loss_change=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=0.03),
    loss_adv=dict(mode='hinge', loss_weight=0.5))
dataset = dict(data_root=data_root)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(
                type='mmengine.ClassBalancedDataset',
                # An expression with a share of 0.6 % is seen 4 times an
                # epoch.
                oversample_thr=0.1,
                dataset=dict(
                    _base_.train_dataloader.dataset,
                    pairs=dict(identity=0.1, mixed=0.3),
                    **dataset)),
            dict(
                type='mmfermtl.SyntheticFaces',
                difficulty='wild',
                num_subjects=400,
                classes=num_classes,
                image_size=48,
                split='train',
                fold=fold,
                pairs=dict(identity=0.02, mixed=0.3),
                pipeline={{_base_.train_pipeline}}),
        ]))
val_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
# 2,600 steps an epoch.
train_cfg = dict(max_epochs=1)
warmup = dict(type='LinearLR', start_factor=0.1, end=100, by_epoch=False)
cosine = dict(
    type='CosineAnnealingLR',
    eta_min_ratio=0.01,
    by_epoch=True,
    convert_to_iter_based=True)
param_scheduler = dict(
    network=[warmup, cosine], discriminator=[warmup, cosine])
optim_wrapper = dict(
    network=dict(
        constructor='DefaultOptimWrapperConstructor',
        optimizer=dict(lr=1e-3, betas=(0.5, 0.99)),
        paramwise_cfg=dict(
            flat_decay_mult=0.,
            # The recogniser is trained already.
            custom_keys={
                'backbone.stem': dict(lr_mult=0.1),
                'backbone.fer_stages': dict(lr_mult=0.1),
                'head': dict(lr_mult=0.1)
            })),
    discriminator=dict(optimizer=dict(lr=2e-3, betas=(0.5, 0.99))))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        parts=('backbone', 'head', 'generator'),
        checkpoint=pretrained))
randomness = dict(seed=seed)
