# Recognition alone on FER+ with the recogniser of the network for 64 px.
_base_ = '../single_task/fer_ferplus.py'
data_root = 'data/ferplus'

# The pipelines for 48 px with another size.
train_pipeline, test_pipeline = [[
    dict(step, size=64) if step['type'].endswith('ResizeFace') else step
    for step in steps
] for steps in (_base_.train_pipeline, _base_.test_pipeline)]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256)))
