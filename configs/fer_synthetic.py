# Recognition alone with the recogniser of fermtl_synthetic.py: the baseline.
_base_ = [
    './_base_/models/fer_tiny.py', './_base_/datasets/synthetic_faces.py',
    './_base_/schedules/adamw_cosine.py', './_base_/default_runtime.py'
]
fold = 0
seed = 0
max_epochs = 10

train_dataloader = dict(dataset=dict(fold=fold, pairs=False))
val_dataloader = dict(dataset=dict(fold=fold, pairs=False))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmpretrain.SingleLabelMetric', items=('f1-score', )),
]
test_evaluator = val_evaluator
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=1,
        by_epoch=True,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        begin=1,
        end=max_epochs,
        T_max=max_epochs - 1,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=max_epochs)
randomness = dict(seed=seed)
