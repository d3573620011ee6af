# CK+48, pretrained on rendered faces: no other photograph is needed.
_base_ = '../fermtl_ckplus48.py'
# The last checkpoint of ../fermtl_synthetic.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_synthetic/epoch_16.pth'

# Half of the epochs that it takes from scratch.
train_cfg = dict(max_epochs=20)
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        parts=('backbone', 'head', 'generator')))
