# A small network for images of 48 px on a CPU: our design, with our losses.
num_classes = 7
model = dict(
    type='mmfermtl.AdversarialFERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=48),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        channels_last=True,
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone', arch='tiny', in_channels=1),
        head=dict(
            type='mmfermtl.FERHead',
            in_channels=256,
            num_classes=num_classes,
            dropout=0.5,
            loss=dict(type='mmfermtl.CrossEntropyLoss', label_smoothing=0.1)),
        generator=dict(
            type='mmfermtl.FESGenerator',
            in_channels=256,
            num_classes=num_classes,
            label='concat',
            label_channels=16,
            label_maps=5,
            channels=(128, 64, 32, 16),
            skip_channels=(128, 64, 32, 32),
            norm_cfg=dict(type='BN'),
            upsample='nearest')),
    discriminator=dict(
        type='mmfermtl.FESDiscriminator',
        num_classes=num_classes,
        in_channels=1,
        channels=(32, 64, 128, 256)),
    discriminator_steps=1,
    loss_rec=dict(
        type='mmfermtl.PixelLoss', norm='l1', focus=8., loss_weight=2.),
    loss_identity=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=2.),
    loss_syn=dict(type='mmfermtl.CrossEntropyLoss', loss_weight=0.05),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='lsgan', loss_weight=0.1))
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
