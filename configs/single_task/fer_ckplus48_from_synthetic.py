# Recognition alone on CK+48, pretrained on rendered faces.
_base_ = './fer_ckplus48.py'
# The last checkpoint of fer_synthetic.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_synthetic/epoch_16.pth'

# Half of the epochs that it takes from scratch.
train_cfg = dict(max_epochs=20)
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
