# Hard sharing: the tasks part behind the second of three stages.
_base_ = './fermtl_ckplus48.py'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
