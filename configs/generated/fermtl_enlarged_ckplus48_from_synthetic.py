# As fermtl_enlarged_ckplus48.py, pretrained on rendered faces.
_base_ = './fermtl_enlarged_ckplus48.py'
# The last checkpoint of ../fermtl_synthetic.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_synthetic/epoch_16.pth'
ratio = dict(steps=[(0, 0.5), (15, 0.25)])

train_cfg = dict(max_epochs=20)
train_dataloader = dict(sampler=dict(ratio=ratio))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        parts=('backbone', 'head', 'generator')))
