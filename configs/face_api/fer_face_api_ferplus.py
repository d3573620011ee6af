# Recognition alone on FER+ with the face recognition network of face-api, at
# 96 px.
_base_ = ['../single_task/fer_ferplus.py', '../_base_/face_api_96px.py']
# Weights of tools/model_converters/faceapi_to_mmfermtl.py.
pretrained = 'checkpoints/face_api.pth'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=_base_.image_size)
    if step['type'].endswith('ResizeFace') else step for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(
    batch_size=64, dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(
    data_preprocessor=dict(image_size=_base_.image_size),
    network=dict(
        backbone=dict(
            _delete_=True, **_base_.face_api_backbone, pretrained=pretrained),
        head=dict(in_channels=_base_.face_api_channels)))
train_cfg = dict(max_epochs=24)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
