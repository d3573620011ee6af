# The optimizers of StarGAN. The rate falls by a cosine, as in all configs, and
# not linearly in the second half: `train_cfg.max_epochs` is the one key.
optimizer = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=1e-4, betas=(0.5, 0.999)))
optim_wrapper = dict(
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    network=optimizer,
    discriminator=optimizer)
schedule = [
    dict(
        type='CosineAnnealingLR',
        eta_min=0.,
        by_epoch=True,
        convert_to_iter_based=True)
]
param_scheduler = dict(network=schedule, discriminator=schedule)
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=40, val_interval=1)
val_cfg = dict()
test_cfg = dict()
