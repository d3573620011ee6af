# The network of the paper's figure at 96 px, with the losses of the release of
# 2021.
num_classes = 7
model = dict(
    type='mmfermtl.AdversarialFERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=96),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        channels_last='cuda',
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone', arch='fersnet', in_channels=1),
        head=dict(
            type='mmfermtl.FERHead',
            in_channels=256,
            num_classes=num_classes,
            loss=dict(type='mmfermtl.CrossEntropyLoss')),
        generator=dict(
            type='mmfermtl.FESGenerator',
            in_channels=256,
            num_classes=num_classes,
            label='concat',
            label_channels=256,
            upsample='deconv2',
            channels=(256, 256, 256, 256, 256),
            norm_cfg=dict(type='BN'),
            act_cfg=dict(type='ReLU'))),
    discriminator=dict(
        type='mmfermtl.FESDiscriminator',
        num_classes=num_classes,
        in_channels=1),
    discriminator_steps=3,
    update_order='discriminator_first',
    # The release's weights are for images in [0, 1]; these are in [-1, 1].
    loss_rec=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=0.5),
    loss_cyc=dict(type='mmfermtl.PixelLoss', norm='mse', loss_weight=0.125),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='lsgan', loss_weight=0.3))
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
