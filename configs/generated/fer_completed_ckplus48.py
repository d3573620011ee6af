# As fer_lacking_ckplus48.py, with images of the expression that
# tools/synthesize.py generated from the training subjects: they are as many
# in an epoch as images of an average expression. For another expression give
# --cfg-options train_dataloader.dataset.datasets.0.train_without=fear
# train_dataloader.dataset.datasets.1.data_root=FOLDER
_base_ = './fer_enlarged_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
seed = 0
lacks = ('disgust', )
# {fold} stands for the fold that is trained.
generated_root = 'work_dirs/completed_ckplus48/disgust/fold_{fold}'
ratio = 1 / 7

real = _base_.train_dataloader.dataset.datasets[0]
generated = _base_.train_dataloader.dataset.datasets[1]
train_dataloader = dict(
    sampler=dict(ratio=ratio),
    dataset=dict(datasets=[
        dict(real, data_root=data_root, fold=fold, train_without=lacks),
        dict(generated, data_root=generated_root, fold=fold),
    ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
randomness = dict(seed=seed)
