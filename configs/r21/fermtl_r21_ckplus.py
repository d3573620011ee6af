# The network and the recipe of the release of 2021. Wants a GPU.
_base_ = [
    './_base_/models/fermtl_r21.py', './_base_/datasets/faces_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/default_runtime.py'
]
data_root = 'data/ckplus'
fold = 0
seed = 0

train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='color'),
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
    dict(type='mmfermtl.LoadFace', color_type='color'),
    dict(type='mmfermtl.ResizeFace', size=110),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(type='mmpretrain.CenterCrop', crop_size=96),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dict(dataset, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=test_pipeline))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
