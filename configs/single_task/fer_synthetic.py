# Recognition alone with the recogniser of fermtl_synthetic.py: the baseline.
_base_ = [
    './_base_/models/fer_tiny.py', './_base_/datasets/synthetic_faces.py',
    './_base_/schedules/adamw_cosine_16e.py', './_base_/default_runtime.py'
]
fold = 0
seed = 0

train_dataloader = dict(dataset=dict(fold=fold, pairs=False))
val_dataloader = dict(dataset=dict(fold=fold, pairs=False))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
