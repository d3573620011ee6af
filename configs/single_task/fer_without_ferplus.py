# As fer_without_taiwan.py, with FER+ left out.
_base_ = './fer_without_taiwan.py'

train_dataloader = dict(
    dataset=dict(datasets=[
        _base_.trained_on[name] for name in ('ckplus48', 'taiwan', 'rendered')
    ]))
left_out = _base_.tested_on.ferplus
val_dataloader = dict(dataset=dict(_delete_=True, **left_out))
test_dataloader = dict(dataset=dict(_delete_=True, **left_out))
