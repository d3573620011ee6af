# Recognition alone, with the recogniser of fermtl_small.py.
_base_ = './fer_tiny.py'
model = dict(
    data_preprocessor=dict(image_size=64),
    network=dict(
        backbone=dict(arch='small'),
        head=dict(in_channels=384, hidden_channels=256)))
