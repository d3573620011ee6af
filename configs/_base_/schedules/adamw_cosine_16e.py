# As adamw_cosine.py, but shorter, hence the higher learning rate.
max_epochs = 16
# The network's optimizer, of all variants alike.
optim_wrapper = dict(
    constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW',
        lr=2e-3,
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
        end=max_epochs,
        T_max=max_epochs - 2,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True),
]
train_cfg = dict(
    type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
