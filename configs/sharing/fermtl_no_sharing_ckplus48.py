# Both tasks behind a common stem, and nothing exchanged after it.
_base_ = './fermtl_ckplus48.py'

model = dict(network=dict(backbone=dict(sharing=None)))
