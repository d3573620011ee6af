# Hard sharing: the tasks part behind the second of three stages.
_base_ = './fermtl_ckplus48_from_synthetic.py'
# What configs/fermtl_hard_sharing_synthetic.py gives.
pretrained = 'work_dirs/fermtl_hard_sharing_synthetic/epoch_16.pth'

model = dict(
    network=dict(
        backbone=dict(sharing=dict(type='mmfermtl.HardSharing', depth=2))))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
