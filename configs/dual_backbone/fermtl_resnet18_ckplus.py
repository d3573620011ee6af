# ResNet-18 as the two branches, with the stem in common.
_base_ = [
    '../_base_/models/fermtl_dual_backbone.py',
    '../_base_/datasets/faces_96px.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/default_runtime.py'
]
data_root = 'data/ckplus'
fold = 0
seed = 0
# A checkpoint of mmpretrain for this backbone, for both branches.
pretrained = None

model = dict(
    network=dict(
        backbone=dict(
            branch=dict(type='mmpretrain.ResNet', depth=18),
            shared_stages=1,
            pretrained=pretrained),
        head=dict(in_channels=512),
        generator=dict(in_channels=512, skip_channels=(256, 128, 64, 64))))
dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
