# The network of the release of 2021 at 96 px; losses as in fermtl_fersnet.py.
_base_ = './fermtl_fersnet.py'
model = dict(
    network=dict(
        backbone=dict(arch='r21', in_channels=3),
        head=dict(in_channels=512),
        generator=dict(
            _delete_=True,
            type='mmfermtl.FESGenerator',
            in_channels=512,
            num_classes={{_base_.num_classes}},
            label='modulation',
            upsample='deconv4',
            channels=(512, 256, 128, 64, 64),
            convs=((512, 512), (512, 256), (256, 128), (128, 128), (64, 64)),
            skip_channels=(512, 256, 128, 64),
            out_channels=3)),
    discriminator=dict(in_channels=3))
