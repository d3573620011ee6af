# Two copies of a backbone of mmpretrain, which the leaf names, at 96 px. The
# images stay grey; the backbone makes of them what ImageNet weights expect.
num_classes = 7
model = dict(
    type='mmfermtl.AdversarialFERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=96),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        channels_last=True,
        backbone=dict(
            type='mmfermtl.DualBackbone',
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
            mean=[123.675, 116.28, 103.53],
            std=[58.395, 57.12, 57.375]),
        head=dict(
            type='mmfermtl.FERHead',
            num_classes=num_classes,
            hidden_channels=256,
            dropout=0.5,
            loss=dict(type='mmfermtl.CrossEntropyLoss', label_smoothing=0.1)),
        generator=dict(
            type='mmfermtl.FESGenerator',
            num_classes=num_classes,
            label='concat',
            label_channels=16,
            label_maps=5,
            channels=(256, 128, 64, 32, 16),
            norm_cfg=dict(type='BN'),
            upsample='nearest')),
    discriminator=dict(
        type='mmfermtl.FESDiscriminator',
        num_classes=num_classes,
        in_channels=1),
    discriminator_steps=1,
    loss_rec=dict(
        type='mmfermtl.PixelLoss', norm='l1', focus=8., loss_weight=2.),
    loss_identity=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=2.),
    loss_syn=dict(type='mmfermtl.CrossEntropyLoss', loss_weight=0.05),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='lsgan', loss_weight=0.1))
