# As fermtl_enlarged_ckplus48.py, beginning with what drawn faces teach.
_base_ = [
    './_base_/models/fermtl_tiny.py', './_base_/datasets/ckplus48.py',
    './_base_/schedules/adamw_cosine_adversarial_20e.py',
    './_base_/default_runtime.py'
]
data_root = 'data/CK+48'
fold = 0
seed = 0
# What configs/fermtl_synthetic.py gives.
# --cfg-options default_hooks.load_parts.checkpoint=PATH takes another one.
pretrained = 'work_dirs/fermtl_synthetic/epoch_16.pth'
# {fold} stands for the fold that is trained.
synthetic_root = 'work_dirs/synthesized_ckplus48/fold_{fold}'
# Share of painted faces in an epoch, from epochs counted from 0.
ratio = dict(steps=[(0, 0.5), (15, 0.25)])

train_dataloader = dict(
    sampler=dict(
        _delete_=True, type='mmfermtl.SyntheticRatioSampler', ratio=ratio),
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(
                type='mmfermtl.CKPlus48',
                data_root=data_root,
                split='train',
                fold=fold,
                pairs=dict(own=0.1, unpaired=0.1),
                pipeline={{_base_.train_pipeline}}),
            dict(
                type='mmfermtl.SynthesizedFaces',
                data_root=synthetic_root,
                split='train',
                fold=fold,
                pipeline={{_base_.train_pipeline}}),
        ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        parts=('backbone', 'head', 'generator')))
randomness = dict(seed=seed)
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
