# Recognition alone on CK+48, pretrained on FER+.
_base_ = './fer_ckplus48.py'
# The weights that come with the package. For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fer_tiny_ferplus'

train_cfg = dict(max_epochs=10)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
