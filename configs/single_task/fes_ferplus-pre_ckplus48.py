# Synthesis alone on CK+48, as ../tiny/fermtl_ferplus-pre_ckplus48.py without
# recognition: its branch begins with the same weights of the recogniser of
# FER+, the generator from scratch.
_base_ = '../tiny/fermtl_ferplus-pre_ckplus48.py'
# The weights that come with the package. For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fer_tiny_ferplus'

model = dict(
    network=dict(backbone=dict(branches='fes', sharing=None), head=None),
    loss_syn=None)
default_hooks = dict(
    load_parts=dict(
        checkpoint=pretrained, parts=('backbone', ), from_scratch=()))
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
