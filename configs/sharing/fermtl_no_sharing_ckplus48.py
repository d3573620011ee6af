# Both tasks behind a common stem, without any exchange after it.
_base_ = '../fermtl_ckplus48.py'

model = dict(network=dict(backbone=dict(sharing=None)))
