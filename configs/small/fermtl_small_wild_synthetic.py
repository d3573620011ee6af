# As ../tiny/fermtl_wild_synthetic.py with the network for 64 px.
_base_ = ['../tiny/fermtl_wild_synthetic.py', '../_base_/small_64px.py']
# The last checkpoint of fer_small_ferplus.py.
pretrained = 'work_dirs/fer_small_ferplus/epoch_10.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=_base_.image_size)
    if step['type'].endswith('ResizeFace') else step for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(
    dataset=dict(image_size=_base_.image_size, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(
    data_preprocessor=dict(image_size=_base_.image_size),
    network=dict(
        backbone=_base_.small_backbone,
        head=_base_.small_head,
        generator=_base_.small_generator))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
