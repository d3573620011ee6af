# The Taiwan corpus at 96 px, from the recogniser that the single task begins
# with: otherwise as ../tiny/fermtl_ferplus-pre_taiwan.py.
_base_ = ['../tiny/fermtl_ferplus-pre_taiwan.py', '../_base_/face_api_96px.py']
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
        backbone=dict(
            _delete_=True,
            **{
                **_base_.face_api_backbone, 'branches': 'both',
                'sharing': _base_.model.network.backbone.sharing
            }),
        head=dict(in_channels=_base_.face_api_channels),
        generator=_base_.face_api_generator))
default_hooks = dict(
    load_parts=dict(
        checkpoint=pretrained,
        copies=dict(
            _delete_=True, **{'backbone.fes_branch': 'backbone.fer_branch'})))
