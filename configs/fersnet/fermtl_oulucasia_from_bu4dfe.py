# Oulu-CASIA, beginning with the encoders, units and classifier of BU-4DFE.
_base_ = [
    './_base_/models/fermtl_fersnet.py', './_base_/datasets/faces_96px.py',
    './_base_/schedules/release_adam_500e.py', './_base_/default_runtime.py'
]
data_root = 'data/oulucasia'
fold = 0
seed = 0
# What configs/fermtl_bu4dfe.py gives. For another checkpoint use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_bu4dfe/epoch_500.pth'

num_classes = 6
model = dict(
    network=dict(
        head=dict(num_classes=num_classes),
        generator=dict(num_classes=num_classes)),
    discriminator=dict(num_classes=num_classes))
dataset = dict(
    type='mmfermtl.OuluCASIA',
    data_root=data_root,
    fold=fold,
    classes=num_classes)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
