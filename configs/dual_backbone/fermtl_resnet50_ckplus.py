# ResNet-50 as the two branches, with the stem in common.
_base_ = './fermtl_resnet18_ckplus.py'
# A checkpoint of mmpretrain for this backbone, for both branches.
pretrained = None

model = dict(
    network=dict(
        backbone=dict(branch=dict(depth=50), pretrained=pretrained),
        head=dict(in_channels=2048),
        generator=dict(in_channels=2048, skip_channels=(1024, 512, 256, 64))))
