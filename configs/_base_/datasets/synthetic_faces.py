# Drawn faces, 48 px, grey: 100 subjects of whom every fifth is tested on.
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(
                type='mmpretrain.RandomCrop',
                crop_size=48,
                padding=3,
                padding_mode='edge'),
            dict(type='mmpretrain.RandomFlip', prob=0.5),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmfermtl.SyntheticFaces',
        num_subjects=100,
        num_folds=5,
        image_size=48,
        split='train',
        fold=0,
        pairs=dict(identity=0.1),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmfermtl.SyntheticFaces',
        num_subjects=100,
        num_folds=5,
        image_size=48,
        split='test',
        fold=0,
        pairs=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
    dict(type='mmfermtl.SynthesisMetric'),
]
test_evaluator = val_evaluator
