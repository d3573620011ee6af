# NDDR layers instead of ConvFLU.
_base_ = '../fermtl_ckplus48.py'

model = dict(network=dict(backbone=dict(sharing=dict(type='mmfermtl.NDDR'))))
