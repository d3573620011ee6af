# Drawn faces with cross-stitch units in the place of ConvFLU.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/synthetic_faces.py',
    './_base_/schedules/adamw_cosine_adversarial_16e.py',
    './_base_/default_runtime.py'
]
fold = 0
seed = 0

model = dict(
    network=dict(backbone=dict(sharing=dict(type='mmfermtl.CrossStitch'))))
train_dataloader = dict(dataset=dict(fold=fold))
val_dataloader = dict(dataset=dict(fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
