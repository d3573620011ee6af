# Recognition and synthesis on FER+, eight expressions. No two images of FER+
# show the same subject: synthesis learns the ground truth from rendered
# faces, first alone (fermtl_wild_synthetic.py), then beside photographs, whose
# looks a discriminator on the features of the recogniser demands.
_base_ = './fermtl_wild_synthetic.py'
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+ are fixed.
fold = 0
seed = 0
num_classes = 8
# The last checkpoints of fermtl_wild_synthetic.py, and of the recogniser that
# this began with, ../single_task/fer_ferplus_restart.py.
pretrained = 'work_dirs/fermtl_wild_synthetic/epoch_2.pth'
recogniser = 'work_dirs/fer_ferplus_restart/epoch_40.pth'

model = dict(
    type='mmfermtl.AdversarialFERMTL',
    discriminator=dict(
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
    discriminator_steps=1,
    matching_aware=True,
    # The recogniser is not asked whether a face shows the target (`loss_syn`):
    # the generator would learn to deceive it.
    loss_change=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=0.03),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='hinge', loss_weight=0.5))
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
dataset = dict(data_root=data_root)
rendered = _base_.train_dataloader.dataset
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(
                type='mmfermtl.ClassBalancedDataset',
                # An expression with a share of 0.6 % is seen 4 times an
                # epoch.
                oversample_thr=0.1,
                dataset=dict(
                    type='mmfermtl.FERPlus',
                    split='train',
                    soft_labels=True,
                    pairs=dict(identity=0.1, mixed=0.3),
                    pipeline=rendered.pipeline,
                    **dataset)),
            dict(rendered, num_subjects=400, fold=fold),
        ]))
val_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
# 2,600 steps. Twice as many make clearer expressions and worse pictures.
train_cfg = dict(max_epochs=1)
warmup = dict(type='LinearLR', start_factor=0.1, end=100, by_epoch=False)
cosine = dict(_base_.param_scheduler[1], eta_min_ratio=0.01)
param_scheduler = dict(
    _delete_=True, network=[warmup, cosine], discriminator=[warmup, cosine])
# The recogniser is trained already.
gently = dict(lr_mult=0.1)
adam = dict(
    type='AdamW', lr=1e-3, betas=(0.5, 0.99), weight_decay=1e-2, fused=True)
optim_wrapper = dict(
    _delete_=True,
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    network=dict(
        constructor='DefaultOptimWrapperConstructor',
        type='OptimWrapper',
        optimizer=adam,
        paramwise_cfg=dict(
            # Not of the keys below, whose norms and biases decay, too: there
            # MMEngine reads `decay_mult` only. Published weights have this.
            flat_decay_mult=0.,
            custom_keys={
                'backbone.stem': gently,
                'backbone.fer_stages': gently,
                'head': gently
            })),
    discriminator=dict(
        constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
        type='OptimWrapper',
        optimizer=dict(adam, lr=2e-3)))
default_hooks = dict(
    load_parts=dict(
        _delete_=True,
        type='mmfermtl.LoadExpressionPartsHook',
        parts=('backbone', 'head', 'generator'),
        checkpoint=pretrained))
randomness = dict(seed=seed)
