# Both tasks on CK+48 with neutral frames of CK+, from the weights that come
# with the package: the generator, which learned from rendered faces and from
# photographs without pairs, learns from real pairs.
_base_ = './fermtl_ferplus.py'
data_root = 'data/CK+48'
neutral_root = 'data/CK+'
fold = 0
seed = 0
num_classes = 8
# For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fermtl_tiny_ferplus'
# Whose features the discriminator has: the last checkpoint of
# ../single_task/fer_ferplus-pre_ckplus48_neutral.py, which knows how subjects
# of CK+ show the expressions. It must be of the same fold, which is checked.
recogniser = 'work_dirs/fer_ferplus-pre_ckplus48_neutral/epoch_10.pth'

model = dict(
    # A bilinear one blurs what it moves.
    network=dict(generator=dict(warp_interpolation='bicubic')),
    discriminator=dict(backbone=dict(init_cfg=dict(checkpoint=recogniser))),
    # Three times that of the base: clearer expressions, and sharper.
    loss_adv=dict(loss_weight=1.5))
# By whole pixels: turned and zoomed faces are blurred, and so would generated
# ones be; faces of this set lie alike anyway.
augment = dict(_base_.augment, degrees=0, scale=(1, 1))
train_pipeline = [
    augment if step == _base_.augment else step
    for step in _base_.train_pipeline
]
dataset = dict(
    type='mmfermtl.CKPlusNeutral',
    data_root=data_root,
    neutral_root=neutral_root,
    classes=num_classes,
    fold=fold)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.ClassBalancedDataset',
        # Contempt, with a share of 5 %, is seen 2 to 3 times an epoch.
        oversample_thr=0.3,
        dataset=dict(
            split='train',
            # Of an expression that the subject does not show, too.
            pairs=dict(identity=0.1, unpaired=0.5),
            pipeline=train_pipeline,
            **dataset)))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='test',
        pairs=True,
        pipeline={{_base_.test_pipeline}},
        **dataset))
test_dataloader = val_dataloader
# 154 steps an epoch.
train_cfg = dict(max_epochs=24)
optim_wrapper = dict(network=dict(optimizer=dict(lr=5e-4)))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
randomness = dict(seed=seed)
