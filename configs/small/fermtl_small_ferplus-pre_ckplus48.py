# CK+48 at 64 px, from the recogniser of FER+ that the single task begins with:
# otherwise as ../tiny/fermtl_ferplus-pre_ckplus48.py.
_base_ = ['../tiny/fermtl_ferplus-pre_ckplus48.py', '../_base_/small_64px.py']
# The last checkpoint of fer_small_ferplus.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_small_ferplus/epoch_10.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=_base_.image_size)
    if step['type'].endswith('ResizeFace') else step for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(image_size=_base_.image_size),
    network=dict(
        backbone=_base_.small_backbone,
        head=_base_.small_head,
        generator=_base_.small_generator))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
