# Recognition and synthesis on faces that the project renders: no data needed.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/synthetic_faces.py',
    './_base_/schedules/adamw_cosine_adversarial.py',
    './_base_/default_runtime.py'
]
fold = 0
seed = 0

# Fewer epochs than on CK+48, hence the higher learning rates.
train_cfg = dict(max_epochs=16)
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=2e-3)),
    discriminator=dict(optimizer=dict(lr=1e-3)))
train_dataloader = dict(dataset=dict(fold=fold))
val_dataloader = dict(dataset=dict(fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
