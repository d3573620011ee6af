# CK+48 at 64 px, from the recogniser of FER+ that the single task begins with:
# otherwise as ../tiny/fermtl_ferplus-pre_ckplus48.py.
_base_ = '../tiny/fermtl_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
seed = 0
# The last checkpoint of fer_small_ferplus.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_small_ferplus/epoch_10.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=64) if step['type'].endswith('ResizeFace') else step
    for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256),
        generator=dict(
            in_channels=384,
            channels=(192, 128, 64, 32, 16),
            skip_channels=(256, 128, 64, 32, 32))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
