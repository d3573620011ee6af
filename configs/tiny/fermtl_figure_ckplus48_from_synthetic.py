# CK+48, pretrained on rendered faces, wired as the figure in the release of
# 2021.
_base_ = './fermtl_figure_ckplus48.py'
# The last checkpoint of fermtl_figure_synthetic.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_figure_synthetic/epoch_16.pth'

# Half of the epochs that it takes from scratch.
train_cfg = dict(max_epochs=20)
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        parts=('backbone', 'head', 'generator')))
