# Faces at 96 px, of the dataset that the leaf names: crops of 110 px, as
# tools/prepare_dataset.py makes them.
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=110),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(type='mmpretrain.RandomCrop', crop_size=96),
            dict(type='mmpretrain.RandomFlip', prob=0.5),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=110),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(type='mmpretrain.CenterCrop', crop_size=96),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        split='train', pairs=dict(balanced=False), pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', pairs=True, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
    dict(type='mmfermtl.SequenceAccuracy'),
    dict(type='mmfermtl.SynthesisMetric'),
]
test_evaluator = val_evaluator
