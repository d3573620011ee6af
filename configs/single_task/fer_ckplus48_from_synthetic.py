# Recognition alone on CK+48, pretrained on rendered faces.
_base_ = [
    './_base_/models/fer_tiny.py', './_base_/datasets/ckplus48.py',
    './_base_/schedules/adamw_cosine_20e.py', './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0
# What configs/fer_synthetic.py gives.
# --cfg-options default_hooks.load_parts.checkpoint=PATH takes another one.
pretrained = 'work_dirs/fer_synthetic/epoch_16.pth'

train_dataloader = dict(
    dataset=dict(data_root=data_root, fold=fold, pairs=False))
val_dataloader = dict(
    dataset=dict(data_root=data_root, fold=fold, pairs=False))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
]
test_evaluator = val_evaluator
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
randomness = dict(seed=seed)
