# The network of the release of 2021 on CK+48, images enlarged to 96 px.
# Needs a GPU.
_base_ = [
    '../_base_/models/fermtl_r21.py', '../_base_/datasets/ckplus48_96px.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

# The images are grey, where the release's have three channels.
model = dict(
    network=dict(backbone=dict(in_channels=1), generator=dict(out_channels=1)),
    discriminator=dict(in_channels=1))
train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=20)
# Larger than the network of 48 px, hence lower learning rates.
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=3e-4)),
    discriminator=dict(optimizer=dict(lr=3e-4)))
randomness = dict(seed=seed)
