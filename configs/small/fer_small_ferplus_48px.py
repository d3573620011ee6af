# Recognition alone on FER+ with the network for 64 px, its images as they are:
# 48 px cost half as much a step. fer_small_ferplus.py begins where this ends.
_base_ = ['../single_task/fer_ferplus.py', '../_base_/small_64px.py']

model = dict(
    network=dict(backbone=_base_.small_backbone, head=_base_.small_head))
train_cfg = dict(max_epochs=20, val_interval=3)
# The rate falls to the one that fer_small_ferplus.py begins with.
param_scheduler = _base_.param_scheduler
param_scheduler[-1].update(eta_min=5e-4)
