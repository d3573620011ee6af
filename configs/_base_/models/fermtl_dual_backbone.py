# Two copies of a backbone of mmpretrain at 96 px, with the losses of
# fermtl_tiny.py. The leaf gives the branch, `in_channels` of head and
# generator, and `skip_channels`. Images stay grey; the backbone converts them
# to what ImageNet weights expect.
_base_ = './fermtl_tiny.py'
model = dict(
    data_preprocessor=dict(image_size=96),
    network=dict(
        backbone=dict(
            _delete_=True,
            type='mmfermtl.DualBackbone',
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
            mean=[123.675, 116.28, 103.53],
            std=[58.395, 57.12, 57.375]),
        head=dict(hidden_channels=256),
        generator=dict(channels=(256, 128, 64, 32, 16))),
    discriminator=dict(
        _delete_=True,
        type='mmfermtl.FESDiscriminator',
        num_classes={{_base_.num_classes}},
        in_channels=1))
