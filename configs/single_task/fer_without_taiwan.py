# Recognition of the seven expressions that four sets have in common, trained
# on three of them and tested on the fourth: the Taiwan corpus. Recipe of
# fer_ferplus.py. tools/cross_dataset.py without --sets tests each
# fer_without_*.py on the set that it leaves out.
_base_ = './fer_ferplus.py'
data_root = 'data/ferplus'
# Its subjects are left out of the sets that are trained on, so that the model
# can be tested on them, too. The splits of FER+ are fixed.
fold = 0
ckplus48_root = 'data/CK+48'
neutral_root = 'data/CK+'
taiwan_root = 'data/taiwan'

classes = [
    'neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'
]
model = dict(network=dict(head=dict(num_classes=len(classes))))
ferplus = dict(type='mmfermtl.FERPlus', data_root=data_root, classes=classes)
ckplus48 = dict(
    type='mmfermtl.CKPlusNeutral',
    data_root=ckplus48_root,
    neutral_root=neutral_root,
    classes=classes)
taiwan = dict(
    type='mmfermtl.TaiwaneseFaces', data_root=taiwan_root, classes=classes)
rendered = dict(
    type='mmfermtl.SyntheticFaces',
    difficulty='wild',
    num_subjects=100,
    image_size=48,
    classes=classes)

train = dict(split='train', pipeline={{_base_.train_pipeline}})
of_fold = dict(train, fold=fold)
trained_on = dict(
    ferplus=dict(ferplus, soft_labels=True, **train),
    ckplus48=dict(ckplus48, **of_fold),
    taiwan=dict(taiwan, **of_fold),
    rendered=dict(rendered, **of_fold))
test = dict(pipeline={{_base_.test_pipeline}})
tested_on = dict(
    ferplus=dict(ferplus, split='test', **test),
    ckplus48=dict(ckplus48, split='all', **test),
    taiwan=dict(taiwan, split='all', **test),
    rendered=dict(rendered, split='all', **test))
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            trained_on['ferplus'], trained_on['ckplus48'],
            trained_on['rendered']
        ]))
val_dataloader = dict(dataset=dict(_delete_=True, **tested_on['taiwan']))
test_dataloader = dict(dataset=dict(_delete_=True, **tested_on['taiwan']))
