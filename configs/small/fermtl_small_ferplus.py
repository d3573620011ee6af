# As ../tiny/fermtl_ferplus.py with the network for 64 px.
_base_ = '../tiny/fermtl_ferplus.py'
data_root = 'data/ferplus'
# The last checkpoints of fermtl_small_wild_synthetic.py and of the recogniser
# that this began with, fer_small_ferplus.py.
pretrained = 'work_dirs/fermtl_small_wild_synthetic/epoch_2.pth'
recogniser = 'work_dirs/fer_small_ferplus/epoch_10.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=64) if step['type'].endswith('ResizeFace') else step
    for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
faces, rendered = _base_.train_dataloader.dataset.datasets
train_dataloader = dict(
    dataset=dict(datasets=[
        dict(faces, dataset=dict(faces.dataset, pipeline=train_pipeline)),
        dict(rendered, image_size=64, pipeline=train_pipeline)
    ]))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256),
        generator=dict(
            in_channels=384,
            channels=(192, 128, 64, 32, 16),
            skip_channels=(256, 128, 64, 32, 32))),
    discriminator=dict(
        image_size=64,
        backbone=dict(
            arch='small',
            out_indices=(0, 1, 2, 3),
            init_cfg=dict(checkpoint=recogniser))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
