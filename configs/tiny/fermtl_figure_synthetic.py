# Rendered faces, with the network for a CPU wired as the figure in the release
# of 2021: pretraining for fermtl_figure_ckplus48_from_synthetic.py.
_base_ = ['../fermtl_synthetic.py', '../_base_/models/tiny_figure_wiring.py']
model = dict(network={{_base_.tiny_figure}})
