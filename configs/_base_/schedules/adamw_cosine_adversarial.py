# As adamw_cosine.py, with one optimizer for each of the two networks.
max_epochs = 40
optim_wrapper = dict(
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    network=dict(
        type='OptimWrapper',
        optimizer=dict(
            type='AdamW',
            lr=1e-3,
            betas=(0.5, 0.999),
            weight_decay=1e-2,
            fused=True)),
    discriminator=dict(
        type='OptimWrapper',
        optimizer=dict(
            type='AdamW',
            lr=5e-4,
            betas=(0.5, 0.999),
            weight_decay=1e-2,
            fused=True)))
schedule = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=2,
        by_epoch=True,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        begin=2,
        end=max_epochs,
        T_max=max_epochs - 2,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True),
]
param_scheduler = dict(network=schedule, discriminator=schedule)
train_cfg = dict(
    type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
