# CK+48, with the network for a CPU wired as the figure in the release of 2021.
_base_ = ['../fermtl_ckplus48.py', '../_base_/models/tiny_figure_wiring.py']
model = dict(network={{_base_.tiny_figure}})
