# What the network `small` for 64 px changes in a network `tiny` for 48 px: the
# configs of ../small take it from here, by `_base_`.
image_size = 64
small_backbone = dict(arch='small')
small_head = dict(in_channels=384, hidden_channels=256)
small_generator = dict(
    in_channels=384,
    channels=(192, 128, 64, 32, 16),
    skip_channels=(256, 128, 64, 32, 32))
