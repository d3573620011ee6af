# As fermtl_enlarged_ckplus48.py, pretrained on rendered faces.
_base_ = './fermtl_ckplus48_from_synthetic.py'
data_root = 'data/CK+48'
fold = 0
# {fold} stands for the fold that is trained.
generated_root = 'work_dirs/synthesized_ckplus48/fold_{fold}'
# Share of generated images in an epoch, from epochs counted from 0. They are
# added: every epoch has twice as many samples as there are real images.
ratio = dict(steps=[(0, 0.5), (15, 0.25)])

train_dataloader = dict(
    sampler=dict(
        _delete_=True, type='mmfermtl.GeneratedRatioSampler', ratio=ratio),
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            {{_base_.train_dataloader.dataset}},
            dict(
                type='mmfermtl.GeneratedFaces',
                data_root=generated_root,
                split='train',
                fold=fold,
                pipeline={{_base_.train_pipeline}}),
        ]))
