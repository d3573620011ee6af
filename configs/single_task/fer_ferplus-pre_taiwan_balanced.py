# As fer_ferplus-pre_taiwan.py, with the expressions drawn more evenly, for the
# discriminator of ../tiny/fermtl_editing_taiwan.py.
_base_ = './fer_ferplus-pre_taiwan.py'
data_root = 'data/taiwan'
fold = 0

dataset = dict(data_root=data_root, fold=fold)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.ClassBalancedDataset',
        # Neutral, with a share of 6 %, is seen 2 times an epoch.
        oversample_thr=0.3,
        dataset=dict(_base_.train_dataloader.dataset, **dataset)))
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
