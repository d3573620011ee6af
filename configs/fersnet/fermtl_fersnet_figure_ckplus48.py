# The network of the figure in the release of 2021 on CK+48, images enlarged to
# 96 px. Needs a GPU.
_base_ = [
    '../_base_/models/fermtl_fersnet_figure.py',
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
# As fermtl_fersnet_ckplus48.py.
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=3e-4)),
    discriminator=dict(optimizer=dict(lr=3e-4)))
randomness = dict(seed=seed)
