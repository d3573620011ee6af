# As fer_without_taiwan.py, with CK+48 and its neutral frames left out.
_base_ = './fer_without_taiwan.py'

train_dataloader = dict(
    dataset=dict(datasets=[
        _base_.trained_on[name] for name in ('ferplus', 'taiwan', 'rendered')
    ]))
left_out = _base_.tested_on.ckplus48
val_dataloader = dict(dataset=dict(_delete_=True, **left_out))
test_dataloader = dict(dataset=dict(_delete_=True, **left_out))
