# Cross-stitch units instead of ConvFLU,
# pretrained on rendered faces.
_base_ = '../tiny/fermtl_ckplus48_from_synthetic.py'
# The last checkpoint of fermtl_cross_stitch_synthetic.py.
pretrained = 'work_dirs/fermtl_cross_stitch_synthetic/epoch_16.pth'

model = dict(
    network=dict(backbone=dict(sharing=dict(type='mmfermtl.CrossStitch'))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
