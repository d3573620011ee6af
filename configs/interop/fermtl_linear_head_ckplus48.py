# A head of mmpretrain in our model.
_base_ = '../fermtl_ckplus48.py'

model = dict(
    network=dict(
        neck=dict(type='mmpretrain.GlobalAveragePooling'),
        head=dict(
            _delete_=True,
            type='mmpretrain.LinearClsHead',
            in_channels=256,
            num_classes={{_base_.num_classes}},
            loss=dict(type='mmpretrain.CrossEntropyLoss'))))
