# The paper's network on CK+. Needs a GPU.
_base_ = [
    './_base_/models/fermtl_fersnet.py', './_base_/datasets/faces_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/long_runtime.py'
]
data_root = 'data/ckplus'
fold = 0
seed = 0

dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
