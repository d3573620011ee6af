# The network of the figure in the release of 2021 on CK+48, images enlarged to
# 96 px; losses as of fermtl_fersnet_ckplus48.py. Needs a GPU.
_base_ = './fermtl_fersnet_ckplus48.py'

model = dict(
    network=dict(
        backbone=dict(arch='fersnet_figure'),
        head=dict(in_channels=512),
        generator=dict(
            _delete_=True,
            type='mmfermtl.FESGenerator',
            in_channels=256,
            num_classes={{_base_.num_classes}},
            label='concat',
            label_channels=256,
            # A skip follows the first layer of each level.
            upsample=('conv', 'deconv4', 'deconv4'),
            channels=(256, 128, 64),
            convs=((256, ), (128, 128), (64, )),
            skip_channels=(256, 128, 64),
            out_kernel=1,
            act_cfg=dict(type='ReLU'))))
