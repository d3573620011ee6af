# CK+48: 48 px grey crops of the last three frames of CK+, ten folds.
_base_ = './faces_48px.py'
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(
        type='mmfermtl.AugmentFace',
        degrees=10,
        translate=(0.06, 0.06),
        scale=(0.9, 1.1),
        brightness=0.2,
        contrast=0.2,
        flip_prob=0.5),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    dataset=dict(
        type='mmfermtl.CKPlus48',
        data_root='data/CK+48',
        fold=0,
        pairs=dict(identity=0.1, unpaired=0.1),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(type='mmfermtl.CKPlus48', data_root='data/CK+48', fold=0))
test_dataloader = val_dataloader
