# CK+48, with the network for a CPU wired as the figure in the release of 2021.
_base_ = [
    '../_base_/models/fermtl_tiny_figure.py', '../_base_/datasets/ckplus48.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

# As ../fermtl_ckplus48.py.
model = dict(syn_share=0.5)
train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
