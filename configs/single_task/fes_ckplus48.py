# Synthesis alone with the generator of ../fermtl_ckplus48.py: the baseline.
_base_ = '../fermtl_ckplus48.py'

model = dict(
    network=dict(backbone=dict(branches='fes', sharing=None), head=None),
    loss_syn=None)
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
