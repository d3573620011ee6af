# CK+48, wired as the figure in the release of 2021, from the recogniser of
# FER+: both branches have its weights, the stem too.
_base_ = [
    './fermtl_ferplus-pre_ckplus48.py',
    '../_base_/models/tiny_figure_wiring.py'
]
model = dict(network={{_base_.tiny_figure}})
default_hooks = dict(
    load_parts=dict(copies={'backbone.fes_stem': 'backbone.stem'}))
