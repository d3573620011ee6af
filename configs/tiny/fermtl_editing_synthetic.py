# fermtl_editing_ckplus48.py on rendered faces, which anyone can have: how well
# synthesis learns expressions of which every subject shows the truth.
_base_ = './fermtl_editing_ckplus48.py'
fold = 0
seed = 0
num_classes = 8
# The last checkpoint of ../single_task/fer_wild_synthetic.py, same fold.
recogniser = 'work_dirs/fer_wild_synthetic/epoch_8.pth'

model = dict(
    discriminator=dict(backbone=dict(init_cfg=dict(checkpoint=recogniser))))
dataset = dict(
    type='mmfermtl.SyntheticFaces',
    difficulty='wild',
    num_folds=10,
    classes=num_classes,
    image_size=48,
    fold=fold)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='train',
        num_subjects=200,
        pairs=dict(identity=0.1, mixed=0.2),
        pipeline={{_base_.train_pipeline}},
        **dataset))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='test',
        num_subjects=100,
        pairs=True,
        pipeline={{_base_.test_pipeline}},
        **dataset))
test_dataloader = val_dataloader
# 315 steps an epoch.
train_cfg = dict(max_epochs=12)
randomness = dict(seed=seed)
