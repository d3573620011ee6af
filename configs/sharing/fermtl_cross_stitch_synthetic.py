# Cross-stitch units instead of ConvFLU, on rendered faces.
_base_ = '../fermtl_synthetic.py'

model = dict(
    network=dict(backbone=dict(sharing=dict(type='mmfermtl.CrossStitch'))))
