# The paper's network on CK+48, images enlarged to 96 px. Needs a GPU.
_base_ = [
    '../_base_/models/fermtl_fersnet.py',
    '../_base_/datasets/ckplus48_96px.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=20)
# Larger than the network of 48 px, hence lower learning rates.
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=3e-4)),
    discriminator=dict(optimizer=dict(lr=3e-4)))
randomness = dict(seed=seed)
