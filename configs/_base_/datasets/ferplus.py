# FER+: 48 px grey faces from the web, fixed splits, soft labels by votes.
_base_ = './faces_48px.py'
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(
        type='mmfermtl.AugmentFace',
        degrees=15,
        translate=(0.08, 0.08),
        scale=(0.85, 1.15),
        brightness=0.3,
        contrast=0.3,
        flip_prob=0.5),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    batch_size=64,
    dataset=dict(
        type='mmfermtl.FERPlus',
        data_root='data/ferplus',
        soft_labels=True,
        pipeline=train_pipeline))
held_out = dict(
    _delete_=True,
    type='mmfermtl.FERPlus',
    data_root='data/ferplus',
    pipeline={{_base_.test_pipeline}})
val_dataloader = dict(dataset=dict(held_out, split='val'))
test_dataloader = dict(dataset=dict(held_out, split='test'))
