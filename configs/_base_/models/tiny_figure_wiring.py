# What turns the network of fermtl_tiny.py into that of the figure in the
# release of 2021; a leaf merges it into its `model.network`.
tiny_figure = dict(
    backbone=dict(arch='tiny_figure'),
    generator=dict(
        in_channels=128,
        label_maps=3,
        # A skip follows the first layer of each level.
        upsample=('conv', 'nearest', 'nearest'),
        channels=(128, 64, 32),
        convs=((128, ), (64, 64), (32, )),
        skip_channels=(128, 64, 32),
        out_kernel=1))
