# As fer_face_api_ferplus-pre_ckplus48.py with neutral frames of CK+, eight
# expressions: a reader of generated faces that has nothing of their generator.
_base_ = './fer_face_api_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
neutral_root = 'data/CK+'
fold = 0
seed = 0
num_classes = 8

model = dict(network=dict(head=dict(num_classes=num_classes)))
dataset = dict(
    type='mmfermtl.CKPlusNeutral',
    data_root=data_root,
    neutral_root=neutral_root,
    classes=num_classes,
    fold=fold)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='train',
        pipeline={{_base_.train_pipeline}},
        **dataset))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        split='test',
        pipeline={{_base_.test_pipeline}},
        **dataset))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
