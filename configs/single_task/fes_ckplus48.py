# Synthesis alone with the painter of fermtl_ckplus48.py: the baseline.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/ckplus48.py',
    './_base_/schedules/adamw_cosine_adversarial.py',
    './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

model = dict(
    network=dict(backbone=dict(branches='fes', sharing=None), head=None),
    loss_syn=None)
train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
