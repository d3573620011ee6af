# CK+48 for the networks of 96 px: its faces enlarged, otherwise ckplus48.py.
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=96),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(type='mmpretrain.NumpyToPIL'),
            # As far as turns, shifts and zooms reach: no black corners.
            dict(
                type='mmpretrain.torchvision/Pad',
                padding=24,
                padding_mode='edge'),
            dict(
                type='mmpretrain.torchvision/RandomAffine',
                degrees=10,
                translate=(0.06, 0.06),
                scale=(0.9, 1.1),
                interpolation='bilinear'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=96),
            dict(
                type='mmpretrain.torchvision/ColorJitter',
                brightness=0.2,
                contrast=0.2),
            dict(type='mmpretrain.PILToNumpy'),
            dict(type='mmpretrain.RandomFlip', prob=0.5),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=96),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmfermtl.CKPlus48',
        data_root='data/CK+48',
        split='train',
        fold=0,
        pairs=dict(identity=0.1, unpaired=0.1),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmfermtl.CKPlus48',
        data_root='data/CK+48',
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
