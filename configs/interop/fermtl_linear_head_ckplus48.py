# A head of mmpretrain in our model.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/ckplus48.py',
    './_base_/schedules/adamw_cosine_adversarial.py',
    './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0

model = dict(
    network=dict(
        neck=dict(type='mmpretrain.GlobalAveragePooling'),
        head=dict(
            _delete_=True,
            type='mmpretrain.LinearClsHead',
            in_channels=256,
            num_classes=7,
            loss=dict(type='mmpretrain.CrossEntropyLoss'))))
train_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
