# The network of the release of 2021 at 96 px, with its losses.
num_classes = 7
model = dict(
    type='mmfermtl.AdversarialFERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=96),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        channels_last=True,
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone', arch='r21', in_channels=3),
        head=dict(
            type='mmfermtl.FERHead',
            in_channels=512,
            num_classes=num_classes,
            loss=dict(type='mmfermtl.CrossEntropyLoss')),
        generator=dict(
            type='mmfermtl.FESGenerator',
            in_channels=512,
            num_classes=num_classes,
            label='modulation',
            upsample='deconv4',
            channels=(512, 256, 128, 64, 64),
            convs=((512, 512), (512, 256), (256, 128), (128, 128), (64, 64)),
            skip_channels=(512, 256, 128, 64),
            out_channels=3)),
    discriminator=dict(
        type='mmfermtl.FESDiscriminator',
        num_classes=num_classes,
        in_channels=3),
    discriminator_steps=3,
    update_order='discriminator_first',
    # The release weighs images on [0, 1]; here they lie on [-1, 1].
    loss_rec=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=0.5),
    loss_cyc=dict(type='mmfermtl.PixelLoss', norm='mse', loss_weight=0.125),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='lsgan', loss_weight=0.3))
