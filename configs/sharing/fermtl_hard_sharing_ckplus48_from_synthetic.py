# Hard sharing: the first two of three stages are common,
# pretrained on rendered faces.
_base_ = '../tiny/fermtl_ckplus48_from_synthetic.py'
# The last checkpoint of fermtl_hard_sharing_synthetic.py.
pretrained = 'work_dirs/fermtl_hard_sharing_synthetic/epoch_16.pth'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
