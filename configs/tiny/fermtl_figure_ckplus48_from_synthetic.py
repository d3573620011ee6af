# CK+48, pretrained on rendered faces, wired as the figure in the release of
# 2021.
_base_ = [
    './fermtl_ckplus48_from_synthetic.py',
    '../_base_/models/tiny_figure_wiring.py'
]
# The last checkpoint of fermtl_figure_synthetic.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_figure_synthetic/epoch_16.pth'

model = dict(network={{_base_.tiny_figure}})
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
