# The schedule of the release of 2021: Adam, 500 epochs, batches of 8. Set the
# milestones with the number of epochs; use with long_runtime.py.
adam = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='Adam',
        lr=1e-4,
        betas=(0.5, 0.999),
        weight_decay=5e-4,
        fused=True))
optim_wrapper = dict(
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    network=adam,
    discriminator=adam)
steps = [
    dict(type='MultiStepLR', milestones=[150, 400], gamma=0.1, by_epoch=True)
]
param_scheduler = dict(network=steps, discriminator=steps)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=500, val_interval=1)
val_cfg = dict()
test_cfg = dict()
