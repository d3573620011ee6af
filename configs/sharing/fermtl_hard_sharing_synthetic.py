# Hard sharing: the first two of three stages are common,
# on rendered faces.
_base_ = '../fermtl_synthetic.py'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
