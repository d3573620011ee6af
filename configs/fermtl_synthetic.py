# Read and repaint drawn faces: no data needed, for a first look.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/synthetic_faces.py',
    './_base_/schedules/adamw_cosine_adversarial.py',
    './_base_/default_runtime.py'
]
fold = 0
seed = 0
max_epochs = 16

train_dataloader = dict(dataset=dict(fold=fold))
val_dataloader = dict(dataset=dict(fold=fold))
test_dataloader = val_dataloader
# Shorter than for real faces, hence the higher learning rates.
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=2e-3)),
    discriminator=dict(optimizer=dict(lr=1e-3)))
schedule = [
    dict(
        type='LinearLR',
        start_factor=0.1,
        end=2,
        by_epoch=True,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        begin=2,
        end=max_epochs,
        T_max=max_epochs - 2,
        eta_min=1e-5,
        by_epoch=True,
        convert_to_iter_based=True),
]
param_scheduler = dict(network=schedule, discriminator=schedule)
train_cfg = dict(max_epochs=max_epochs)
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
