# Recognition alone on CK+48, from FER+, enlarged and balanced by 1,500 images
# that tools/synthesize.py generated with published weights.
_base_ = '../single_task/fer_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
seed = 0
# {fold} stands for the fold that is trained.
generated_root = 'work_dirs/enlarged_ckplus48/fold_{fold}'
ratio = dict(steps=[(0, 0.5), (7, 0.25)])

real = _base_.train_dataloader.dataset
train_dataloader = dict(
    sampler=dict(
        _delete_=True, type='mmfermtl.GeneratedRatioSampler', ratio=ratio),
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(real, data_root=data_root, fold=fold),
            dict(
                type='mmfermtl.GeneratedFaces',
                data_root=generated_root,
                split='train',
                fold=fold,
                pipeline=real.pipeline),
        ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
