# FER+ from the end of fer_ferplus.py: a warm restart, that is, the rate rises
# again and falls by a longer cosine. 16 epochs leave the network underfitted.
_base_ = './fer_ferplus.py'
# The last checkpoint of fer_ferplus.py. For another one use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'work_dirs/fer_ferplus/epoch_16.pth'

train_cfg = dict(max_epochs=40)
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook', checkpoint=pretrained))
