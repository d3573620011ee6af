# Synthesis on photographs goes on from the weights that come with the package,
# against a discriminator with a gradient penalty; recognition stays as it is.
_base_ = './fermtl_ferplus.py'
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+ are fixed.
fold = 0
seed = 0
# For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fermtl_tiny_ferplus'
# Whose features the discriminator has.
recogniser = 'fer_tiny_ferplus'

model = dict(
    network=dict(
        frozen=('backbone', 'head'),
        # A bilinear one blurs what it moves.
        generator=dict(warp_interpolation='bicubic')),
    discriminator=dict(backbone=dict(init_cfg=dict(checkpoint=recogniser))),
    loss_adv=dict(loss_weight=1.5),
    # 2 gives cleaner and weaker expressions.
    loss_gp=dict(type='mmfermtl.R1Penalty', loss_weight=0.5))
# By whole pixels: turned and zoomed faces are blurred, and so would generated
# ones be.
augment = dict(_base_.augment, degrees=0, scale=(1, 1))
train_pipeline = [
    augment if step == _base_.augment else step
    for step in _base_.train_pipeline
]
dataset = dict(data_root=data_root)
photographs, rendered = _base_.train_dataloader.dataset.datasets
train_dataloader = dict(
    dataset=dict(datasets=[
        dict(
            photographs,
            # Contempt, disgust and fear are seen three times as often as
            # with the 0.1 of the base.
            oversample_thr=0.5,
            dataset=dict(
                photographs.dataset,
                pairs=dict(identity=0.1, mixed=0.2),
                pipeline=train_pipeline,
                **dataset)),
        dict(rendered, fold=fold, pipeline=train_pipeline),
    ]))
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
# 4,751 steps.
train_cfg = dict(max_epochs=1)
optim_wrapper = dict(network=dict(optimizer=dict(lr=5e-4)))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
randomness = dict(seed=seed)
