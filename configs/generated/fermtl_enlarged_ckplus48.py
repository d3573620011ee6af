# CK+48 enlarged and balanced by images that tools/synthesize.py generated with
# the model of ../fermtl_ckplus48.py; their share falls towards the end.
_base_ = '../fermtl_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
# {fold} stands for the fold that is trained.
generated_root = 'work_dirs/synthesized_ckplus48/fold_{fold}'
# Share of generated images in an epoch, from epochs counted from 0: change
# them with `train_cfg.max_epochs`. Generated images are added: every epoch has
# twice as many samples as there are real images.
ratio = dict(steps=[(0, 0.5), (30, 0.25)])

train_dataloader = dict(
    sampler=dict(
        _delete_=True, type='mmfermtl.GeneratedRatioSampler', ratio=ratio),
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(
                _base_.train_dataloader.dataset,
                data_root=data_root,
                fold=fold),
            dict(
                type='mmfermtl.GeneratedFaces',
                data_root=generated_root,
                split='train',
                fold=fold,
                pipeline={{_base_.train_pipeline}}),
        ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
