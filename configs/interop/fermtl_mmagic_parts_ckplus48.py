# Our model trained with parts of mmagic: its GAN loss, discriminator and
# perceptual loss, its metrics, and its pictures. Needs the original stack.
_base_ = '../fermtl_ckplus48.py'
num_classes = 7

model = dict(
    discriminator=dict(
        _delete_=True,
        type='mmfermtl.ConditionalDiscriminator',
        num_classes=num_classes,
        network=dict(
            type='mmagic.PatchDiscriminator',
            in_channels=1 + num_classes,
            base_channels=32,
            num_conv=2,
            norm_cfg=dict(type='IN'))),
    loss_adv=dict(
        _delete_=True,
        type='mmfermtl.GANLossAdapter',
        loss=dict(type='mmagic.GANLoss', gan_type='hinge', loss_weight=0.1)),
    # Its weights come from torch's cache, see `ImagePairLoss`.
    loss_feat=dict(
        type='mmfermtl.ImagePairLoss',
        in_channels=3,
        loss=dict(
            type='mmagic.PerceptualLoss',
            layer_weights={
                '2': 0.05,
                '5': 0.05
            },
            vgg_type='vgg11',
            pretrained='torchvision://vgg11',
            style_weight=0)))
val_evaluator = [
    dict(type='mmpretrain.Accuracy'),
    dict(type='mmfermtl.MacroScores'),
    dict(
        type='mmfermtl.GeneratedImageMetric', metric=dict(type='mmagic.PSNR')),
    dict(
        type='mmfermtl.GeneratedImageMetric', metric=dict(type='mmagic.SSIM')),
    dict(type='mmfermtl.GeneratedImageMetric', metric=dict(type='mmagic.MAE')),
]
test_evaluator = val_evaluator
visualizer = dict(
    type='mmagic.ConcatImageVisualizer',
    fn_key='img_path',
    img_keys=['gt_img', 'fake_img'],
    vis_backends=[dict(type='mmengine.LocalVisBackend')])
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='mmagic.BasicVisualizationHook', interval=dict(val=10, test=1)),
]
