# A network for images of 64 px on a CPU: our design, with the losses of
# fermtl_tiny.py.
_base_ = './fermtl_tiny.py'
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256),
        generator=dict(
            in_channels=384,
            channels=(192, 128, 64, 32, 16),
            skip_channels=(256, 128, 64, 32, 32))),
    discriminator=dict(channels=(32, 64, 128, 256)))
