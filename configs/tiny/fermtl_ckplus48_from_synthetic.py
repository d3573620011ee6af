# CK+48, beginning with what drawn faces teach: no photograph is needed.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/ckplus48.py',
    './_base_/schedules/adamw_cosine_adversarial_20e.py',
    './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0
# What configs/fermtl_synthetic.py gives.
# --cfg-options default_hooks.load_parts.checkpoint=PATH takes another one.
pretrained = 'work_dirs/fermtl_synthetic/epoch_16.pth'

train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        parts=('backbone', 'head', 'generator')))
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
