# StarGAN on faces that the project renders: no data needed.
_base_ = [
    '../_base_/datasets/synthetic_faces.py',
    '../_base_/models/stargan_48px.py', '../_base_/schedules/adam_stargan.py',
    '../_base_/default_runtime.py'
]
fold = 0
seed = 0

train_cfg = dict(max_epochs=16)
train_dataloader = dict(dataset=dict(fold=fold))
val_dataloader = dict(dataset=dict(fold=fold))
test_dataloader = val_dataloader
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
