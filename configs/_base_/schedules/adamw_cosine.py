# AdamW with a cosine schedule after a short warm-up, for small datasets.
# `train_cfg.max_epochs` is the one key for the number of epochs: schedulers
# without `end` and `T_max` last as long as the training.
optim_wrapper = dict(
    constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW',
        lr=1e-3,
        betas=(0.9, 0.999),
        weight_decay=1e-2,
        fused=True))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=2,
        by_epoch=True,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        begin=2,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=40, val_interval=1)
val_cfg = dict()
test_cfg = dict()
