# MobileNetV3 as the two branches, with the stem in common.
_base_ = './fermtl_resnet18_ckplus.py'
# A checkpoint of mmpretrain for this backbone, for both branches.
pretrained = None

model = dict(
    network=dict(
        backbone=dict(
            branch=dict(
                _delete_=True, type='mmpretrain.MobileNetV3', arch='small'),
            pretrained=pretrained),
        head=dict(in_channels=576),
        generator=dict(in_channels=576, skip_channels=(48, 24, 16, 16))))
