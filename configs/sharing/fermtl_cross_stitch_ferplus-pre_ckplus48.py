# Cross-stitch units instead of ConvFLU, pretrained on FER+.
_base_ = '../tiny/fermtl_ferplus-pre_ckplus48.py'

model = dict(
    network=dict(
        backbone=dict(
            sharing=dict(_delete_=True, type='mmfermtl.CrossStitch'))))
