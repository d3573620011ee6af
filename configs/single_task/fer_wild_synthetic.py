# Recognition of eight expressions on more rendered faces: the recogniser of
# the discriminator of ../tiny/fermtl_editing_synthetic.py.
_base_ = './fer_synthetic.py'
fold = 0
seed = 0
num_classes = 8

model = dict(network=dict(head=dict(num_classes=num_classes)))
dataset = dict(num_subjects=200, num_folds=10, classes=num_classes, fold=fold)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=8)
randomness = dict(seed=seed)
