# Recognition alone on CK+48, pretrained on FER+.
_base_ = './fer_ckplus48.py'
# The last checkpoint of fer_ferplus.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_ferplus/epoch_16.pth'

train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
