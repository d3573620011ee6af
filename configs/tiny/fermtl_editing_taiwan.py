# As fermtl_editing_ckplus48.py with the Taiwan corpus, aligned crops.
_base_ = './fermtl_editing_ckplus48.py'
data_root = 'data/taiwan'
fold = 0
seed = 0
# The last checkpoint of ../single_task/fer_ferplus-pre_taiwan_balanced.py of
# the same fold, which is checked.
recogniser = 'work_dirs/fer_ferplus-pre_taiwan_balanced/epoch_20.pth'

model = dict(
    discriminator=dict(backbone=dict(init_cfg=dict(checkpoint=recogniser))))
dataset = dict(
    type='mmfermtl.TaiwaneseFaces',
    data_root=data_root,
    classes={{_base_.num_classes}},
    # Nobody shows it.
    may_lack=['contempt'],
    fold=fold)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.ClassBalancedDataset',
        # Neutral, with a share of 6 %, is seen 2 times an epoch.
        oversample_thr=0.3,
        dataset=dict(
            split='train',
            # All performers show all expressions but one of them.
            pairs=dict(identity=0.1),
            pipeline={{_base_.train_pipeline}},
            **dataset)))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='test',
        pairs=True,
        pipeline={{_base_.test_pipeline}},
        **dataset))
test_dataloader = val_dataloader
# 142 steps an epoch.
train_cfg = dict(max_epochs=40)
randomness = dict(seed=seed)
