# The paper's network on Oulu-CASIA. Needs a GPU.
_base_ = [
    './_base_/models/fermtl_fersnet_6classes.py',
    './_base_/datasets/faces_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/long_runtime.py'
]
data_root = 'data/oulucasia'
fold = 0
seed = 0

dataset = dict(
    type='mmfermtl.OuluCASIA',
    data_root=data_root,
    fold=fold,
    classes={{_base_.num_classes}})
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
