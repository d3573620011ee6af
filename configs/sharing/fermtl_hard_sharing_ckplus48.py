# Hard sharing: the first two of three stages are common.
_base_ = '../fermtl_ckplus48.py'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
