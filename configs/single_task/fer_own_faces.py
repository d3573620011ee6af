# Recognition alone on your own images, in folders named by their classes.
_base_ = './fer_ckplus48.py'
data_root = 'data/faces'
fold = 0
num_folds = 10
seed = 0
# Or names, which may be your own: ['calm', 'stressed'].
classes = 7
num_classes = 7
# What numbers and folder names mean: {'0': 'anger', 'lol': 'happiness'}.
expression_map = dict()
# A CSV file with the columns path and expression, instead of folders.
ann_file = ''
# The subject in a path such as happiness/anna_01.png, or None.
subject_pattern = r'(?P<subject>[^/_]+)_[^/]*$'
# 'folders' for train/, val/ and test/, or dict(column='usage') of the CSV
# file, instead of folds.
splits = None

model = dict(network=dict(head=dict(num_classes=num_classes)))
dataset = dict(
    _delete_=True,
    type='mmfermtl.ExpressionFolder',
    data_root=data_root,
    ann_file=ann_file,
    subject_pattern=subject_pattern,
    classes=classes,
    expression_map=expression_map,
    splits=splits,
    num_folds=num_folds,
    fold=fold)
train_dataloader = dict(
    dataset=dict(**dataset, split='train', pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(
    dataset=dict(**dataset, split='test', pipeline={{_base_.test_pipeline}}))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
