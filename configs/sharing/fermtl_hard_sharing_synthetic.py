# Hard sharing on rendered faces: the tasks part behind the second stage.
_base_ = './fermtl_synthetic.py'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
