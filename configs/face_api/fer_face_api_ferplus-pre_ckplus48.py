# Recognition alone on CK+48 at 96 px, pretrained on faces and on FER+:
# otherwise as ../single_task/fer_ferplus-pre_ckplus48.py.
_base_ = [
    '../single_task/fer_ferplus-pre_ckplus48.py', '../_base_/face_api_96px.py'
]
# The last checkpoint of fer_face_api_ferplus.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_face_api_ferplus/epoch_24.pth'

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
        backbone=dict(_delete_=True, **_base_.face_api_backbone),
        head=dict(in_channels=_base_.face_api_channels)))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
