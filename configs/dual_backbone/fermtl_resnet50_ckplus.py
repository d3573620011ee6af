# ResNet-50 as the two branches, with the stem in common.
_base_ = [
    './_base_/models/fermtl_twins.py', './_base_/datasets/faces_96px.py',
    './_base_/schedules/adamw_cosine_adversarial.py',
    './_base_/default_runtime.py'
]
data_root = 'data/ckplus'
fold = 0
seed = 0
# A checkpoint of mmpretrain for this backbone, for both branches.
pretrained = None

model = dict(
    network=dict(
        backbone=dict(
            branch=dict(type='mmpretrain.ResNet', depth=50),
            shared_stages=1,
            pretrained=pretrained),
        head=dict(in_channels=2048),
        generator=dict(in_channels=2048, skip_channels=(1024, 512, 256, 64))))
dataset = dict(type='mmfermtl.CKPlus', data_root=data_root, fold=fold)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
