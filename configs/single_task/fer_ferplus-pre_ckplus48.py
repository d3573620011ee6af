# Recognition alone on CK+48, pretrained on FER+.
_base_ = './fer_ckplus48.py'
# The last checkpoint of fer_ferplus_restart.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_ferplus_restart/epoch_40.pth'

train_cfg = dict(max_epochs=10)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
