# As fer_lacking_ckplus48.py, on the Taiwan corpus.
_base_ = '../single_task/fer_ferplus-pre_taiwan.py'
data_root = 'data/taiwan'
fold = 0
seed = 0
lacks = ('disgust', )

train_dataloader = dict(
    dataset=dict(data_root=data_root, fold=fold, train_without=lacks))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
