# Recognition alone on CK+48, from FER+, without the training images of an
# expression: what fer_completed_ckplus48.py is compared with. Another
# expression: --cfg-options train_dataloader.dataset.train_without=fear
_base_ = '../single_task/fer_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
seed = 0
lacks = ('disgust', )

train_dataloader = dict(
    dataset=dict(data_root=data_root, fold=fold, train_without=lacks))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
