# Rendered faces, with the network for a CPU wired as the figure in the release
# of 2021: pretraining for fermtl_figure_ckplus48_from_synthetic.py.
_base_ = [
    '../_base_/models/fermtl_tiny_figure.py',
    '../_base_/datasets/synthetic_faces.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/default_runtime.py'
]
fold = 0
seed = 0

# As ../fermtl_synthetic.py.
train_cfg = dict(max_epochs=16)
optim_wrapper = dict(
    network=dict(optimizer=dict(lr=2e-3)),
    discriminator=dict(optimizer=dict(lr=1e-3)))
train_dataloader = dict(dataset=dict(fold=fold))
val_dataloader = dict(dataset=dict(fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
