# As fer_without_taiwan.py, with rendered faces left out.
_base_ = './fer_without_taiwan.py'

train_dataloader = dict(
    dataset=dict(datasets=[
        _base_.trained_on[name] for name in ('ferplus', 'ckplus48', 'taiwan')
    ]))
left_out = _base_.tested_on.rendered
val_dataloader = dict(dataset=dict(_delete_=True, **left_out))
test_dataloader = dict(dataset=dict(_delete_=True, **left_out))
