# Rendered faces, 48 px, grey: 100 subjects of whom every fifth is tested on.
_base_ = './faces_48px.py'
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(type='mmfermtl.AugmentFace', crop='random', padding=3, flip_prob=0.5),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    dataset=dict(
        type='mmfermtl.SyntheticFaces',
        difficulty='wild',
        num_subjects=100,
        num_folds=5,
        image_size=48,
        fold=0,
        pairs=dict(identity=0.1),
        pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        type='mmfermtl.SyntheticFaces',
        difficulty='wild',
        num_subjects=100,
        num_folds=5,
        image_size=48,
        fold=0))
test_dataloader = val_dataloader
