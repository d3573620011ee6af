# ConvNeXt as the two branches.
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
            branch=dict(
                type='mmpretrain.ConvNeXt',
                arch='tiny',
                gap_before_final_norm=False),
            pretrained=pretrained),
        head=dict(in_channels=768),
        generator=dict(in_channels=768, skip_channels=(384, 192, 96))))
dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
