# The paper's network at paper scale. Wants a GPU.
# It reads the CK+48 crops, enlarged, until the CK+ dataset class is there.
_base_ = [
    './_base_/models/fermtl_fersnet.py', './_base_/datasets/ckplus_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
