# Recognition alone with the recogniser of ../fermtl_ckplus48.py: the baseline.
_base_ = [
    '../_base_/models/fer_tiny.py', '../_base_/datasets/ckplus48.py',
    '../_base_/schedules/adamw_cosine.py', '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

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
randomness = dict(seed=seed)
