# Pretraining on BU-4DFE, for the *_from_bu4dfe.py. Wants a GPU.
_base_ = [
    './_base_/models/fermtl_fersnet.py', './_base_/datasets/faces_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/default_runtime.py'
]
data_root = 'data/bu4dfe'
fold = 0
seed = 0

num_classes = 6
model = dict(
    network=dict(
        head=dict(num_classes=num_classes),
        generator=dict(num_classes=num_classes)),
    discriminator=dict(num_classes=num_classes))

dataset = dict(
    type='mmfermtl.BU4DFE',
    data_root=data_root,
    fold=fold,
    classes=num_classes)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
