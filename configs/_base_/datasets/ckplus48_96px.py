# CK+48 for the networks of 96 px: images enlarged, otherwise ckplus48.py.
_base_ = './ckplus48.py'
# MMEngine replaces lists as a whole, hence the changes inside the inherited
# ones: here `_base_` is the inherited config.
train_pipeline = _base_.train_pipeline
train_pipeline[1].update(size=96)
test_pipeline = _base_.test_pipeline
test_pipeline[2].update(size=96)
# These networks are for a GPU, which must not wait for images.
train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
