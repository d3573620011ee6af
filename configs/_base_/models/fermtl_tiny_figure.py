# The network of fermtl_tiny.py, wired as the figure in the release of 2021.
_base_ = './fermtl_tiny.py'
model = dict(
    network=dict(
        backbone=dict(arch='tiny_figure'),
        generator=dict(
            in_channels=128,
            label_maps=3,
            # A skip follows the first layer of each level.
            upsample=('conv', 'nearest', 'nearest'),
            channels=(128, 64, 32),
            convs=((128, ), (64, 64), (32, )),
            skip_channels=(128, 64, 32),
            out_kernel=1)))
