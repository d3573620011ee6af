# Identify the training subjects: an embedder for tools/score_synthesis.py and
# tools/synthesize.py where no face recognition network is available. Its
# accuracy is on other sequences of the same subjects, not on the test fold.
_base_ = [
    '../_base_/datasets/ckplus48.py', '../_base_/schedules/adamw_cosine.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

model = dict(
    type='mmpretrain.ImageClassifier',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=48),
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone', arch='tiny', branches='fer'),
    neck=dict(type='mmpretrain.GlobalAveragePooling'),
    head=dict(
        type='mmpretrain.ArcFaceClsHead',
        in_channels=256,
        # At least as many as there are subjects in any fold.
        num_classes=118,
        scale=16.,
        margins=0.2,
        loss=dict(type='mmpretrain.CrossEntropyLoss')))

images = dict(
    type='mmfermtl.CKPlus48',
    data_root=data_root,
    split='train',
    fold=fold,
    pairs=False)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.SubjectLabels',
        part='fit',
        dataset=dict(pipeline={{_base_.train_pipeline}}, **images)))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.SubjectLabels',
        part='check',
        dataset=dict(pipeline={{_base_.test_pipeline}}, **images)))
test_dataloader = val_dataloader
val_evaluator = [dict(type='mmpretrain.Accuracy')]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
