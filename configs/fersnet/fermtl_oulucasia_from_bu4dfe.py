# Oulu-CASIA, with encoders, units and classifier initialised from BU-4DFE.
_base_ = '../fermtl_oulucasia.py'
# The last checkpoint of fermtl_bu4dfe.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fermtl_bu4dfe/epoch_500.pth'

default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
