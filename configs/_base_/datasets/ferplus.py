# FER+: 48 px grey faces from the web, fixed splits, soft labels by votes.
_base_ = './faces_48px.py'
augment = dict(
    type='mmfermtl.AugmentFace',
    degrees=15,
    translate=(0.08, 0.08),
    scale=(0.85, 1.15),
    brightness=0.3,
    contrast=0.3,
    flip_prob=0.5,
    erase_prob=0.25)
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=48),
    augment,
    dict(type='mmfermtl.PackExpressionInputs'),
]
ferplus = dict(type='mmfermtl.FERPlus', data_root='data/ferplus')
train_dataloader = dict(
    batch_size=128,
    dataset=dict(ferplus, soft_labels=True, pipeline=train_pipeline))
held_out = dict(_delete_=True, pipeline={{_base_.test_pipeline}})
val_dataloader = dict(dataset=dict(ferplus, **held_out, split='val'))
test_dataloader = dict(dataset=dict(ferplus, **held_out, split='test'))
