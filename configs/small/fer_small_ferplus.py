# Recognition alone on FER+ with the recogniser of the network for 64 px.
_base_ = '../single_task/fer_ferplus.py'
data_root = 'data/ferplus'

train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=64),
    {{_base_.augment}},
    dict(type='mmfermtl.PackExpressionInputs'),
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=64),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256)))
