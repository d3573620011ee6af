# Our backbone and head in mmpretrain's own classifier, with its augmentation
# behind our loading.
_base_ = [
    '../_base_/datasets/ckplus48.py', '../_base_/schedules/adamw_cosine.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=48),
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone', arch='tiny', branches='fer'),
    head=dict(type='mmfermtl.FERHead', in_channels=256, num_classes=7))

train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(type='RandomCrop', crop_size=48, padding=4, padding_mode='edge'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ToGray'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    dataset=dict(
        data_root=data_root, fold=fold, pairs=False, pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        data_root=data_root, fold=fold, pairs=False, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = [dict(type='Accuracy')]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
