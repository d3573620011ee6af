# The network and the recipe of the release of 2021. Needs a GPU.
_base_ = [
    '../_base_/models/fermtl_r21.py', '../_base_/datasets/faces_96px.py',
    '../_base_/schedules/release_adam_500e.py', '../_base_/long_runtime.py'
]
data_root = 'data/ckplus'
fold = 0
seed = 0

# In colour: here `_base_` is the inherited config, whose lists are changed.
train_pipeline = _base_.train_pipeline
train_pipeline[0].update(color_type='color')
test_pipeline = [
    t for t in _base_.test_pipeline if t.type != 'mmfermtl.ToGray'
]
test_pipeline[0].update(color_type='color')
dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dict(dataset, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=test_pipeline))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
