# StarGAN (Choi et al., CVPR 2018) for images of 48 px: half the channels of
# the paper, and four convolutions in the discriminator in place of six.
num_classes = 7
model = dict(
    type='mmfermtl.AdversarialFERMTL',
    data_preprocessor=dict(
        type='mmfermtl.ExpressionDataPreprocessor', image_size=48),
    network=dict(
        type='mmfermtl.FERMTLNetwork',
        backbone=dict(type='mmfermtl.ImageFeatures'),
        generator=dict(
            type='mmfermtl.StarGANGenerator',
            num_classes=num_classes,
            in_channels=1,
            channels=32)),
    discriminator=dict(
        type='mmfermtl.StarGANDiscriminator',
        num_classes=num_classes,
        image_size=48,
        in_channels=1,
        channels=(32, 64, 128, 256)),
    # Five of the discriminator to one of the generator, all on one batch.
    discriminator_steps=5,
    update_order='discriminator_first',
    real_images='source',
    loss_rec=None,
    loss_cyc=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=10.),
    loss_adv=dict(
        type='mmfermtl.AdversarialLoss', mode='wgan', loss_weight=1.),
    loss_cls=dict(type='mmfermtl.CrossEntropyLoss', loss_weight=1.),
    loss_gp=dict(type='mmfermtl.GradientPenalty', loss_weight=10.))
model_wrapper_cfg = dict(type='mmfermtl.AdversarialDistributedDataParallel')
