# Cross-stitch units in the place of ConvFLU.
_base_ = './fermtl_ckplus48_from_synthetic.py'
# What configs/fermtl_cross_stitch_synthetic.py gives.
pretrained = 'work_dirs/fermtl_cross_stitch_synthetic/epoch_16.pth'

model = dict(
    network=dict(backbone=dict(sharing=dict(type='mmfermtl.CrossStitch'))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
