# Recognition alone with the recogniser of ../fermtl_synthetic.py: the
# baseline.
_base_ = [
    '../_base_/models/fer_tiny.py', '../_base_/datasets/synthetic_faces.py',
    '../_base_/schedules/adamw_cosine.py', '../_base_/default_runtime.py'
]
fold = 0
seed = 0

# Fewer epochs than on CK+48, hence the higher learning rate.
train_cfg = dict(max_epochs=16)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_dataloader = dict(dataset=dict(fold=fold, pairs=False))
val_dataloader = dict(dataset=dict(fold=fold, pairs=False))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
