# Recognition alone on the Taiwan corpus, pretrained on FER+: ten folds of 29
# performers.
_base_ = './fer_ferplus-pre_ckplus48.py'
data_root = 'data/taiwan'
fold = 0
# False for the six expressions without neutral.
with_neutral = True

classes = ['neutral'] * with_neutral + [
    'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'
]
num_classes = len(classes)
model = dict(network=dict(head=dict(num_classes=num_classes)))
dataset = dict(
    type='mmfermtl.TaiwaneseFaces',
    data_root=data_root,
    fold=fold,
    classes=classes)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
# Farther from FER+ than CK+48, so trained for longer.
train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
