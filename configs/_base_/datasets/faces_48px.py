# Grey images of 48 px, of the dataset that the inheriting file names.
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(type='mmfermtl.PackExpressionInputs'),
]
# No workers: images are decoded once and stay in memory.
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(split='train'))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', pairs=True, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
    dict(type='mmfermtl.SynthesisMetric'),
]
test_evaluator = val_evaluator
