# Recognition alone on FER+ with the recogniser of the network for 64 px, from
# fer_small_ferplus_48px.py.
_base_ = './fer_small_ferplus_48px.py'
# The last checkpoint of fer_small_ferplus_48px.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_small_ferplus_48px/epoch_20.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=_base_.image_size)
    if step['type'].endswith('ResizeFace') else step for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(data_preprocessor=dict(image_size=_base_.image_size))
# The rate goes on falling where that config ends.
train_cfg = dict(max_epochs=10)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [
    dict(_base_.param_scheduler[-1], begin=0, eta_min=1e-5),
]
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
