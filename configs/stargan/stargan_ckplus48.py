# StarGAN on CK+48.
_base_ = [
    '../_base_/datasets/ckplus48.py', '../_base_/models/stargan_48px.py',
    '../_base_/schedules/adam_stargan.py', '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
