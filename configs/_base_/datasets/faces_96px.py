# Grey images of 96 px, of the dataset that the leaf names, from the crops of
# 110 px that tools/prepare_dataset.py makes.
_base_ = './faces_48px.py'
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=110),
    dict(type='mmfermtl.AugmentFace', size=96, crop='random', flip_prob=0.5),
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
# These networks are for a GPU, which must not wait for images.
train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    dataset=dict(pairs=dict(balanced=False), pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
    dict(type='mmfermtl.SequenceAccuracy'),
    dict(type='mmfermtl.SynthesisMetric'),
]
test_evaluator = val_evaluator
