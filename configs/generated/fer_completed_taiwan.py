# As fer_lacking_taiwan.py, with generated images of the expression, see
# fer_completed_ckplus48.py.
_base_ = './fer_lacking_taiwan.py'
data_root = 'data/taiwan'
fold = 0
lacks = ('disgust', )
# {fold} stands for the fold that is trained.
generated_root = 'work_dirs/completed_taiwan/disgust/fold_{fold}'

real = _base_.train_dataloader.dataset
train_dataloader = dict(
    sampler=dict(
        _delete_=True, type='mmfermtl.GeneratedRatioSampler', ratio=1 / 7),
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(real, data_root=data_root, fold=fold, train_without=lacks),
            dict(
                type='mmfermtl.GeneratedFaces',
                data_root=generated_root,
                classes=real.classes,
                split='train',
                fold=fold,
                pipeline=real.pipeline),
        ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
