# Recognition alone on CK+48, from FER+, with few training subjects and, of
# the expressions that they do not show, images that tools/synthesize.py
# generated from them (--balance missing) with published weights.
_base_ = './fer_enlarged_ferplus-pre_ckplus48.py'
data_root = 'data/CK+48'
fold = 0
seed = 0
train_subjects = 5
subject_draw = 0
# {fold} stands for the fold that is trained; in tools/learning_curve.py
# {subjects} stands for the number of subjects, and {seed} for the draw.
generated_root = 'work_dirs/few_completed_ckplus48/draw_0/fold_{fold}'
# Up to the mean number of images of the expressions that are shown.
ratio = None

real = _base_.train_dataloader.dataset.datasets[0]
generated = _base_.train_dataloader.dataset.datasets[1]
train_dataloader = dict(
    sampler=dict(ratio=ratio),
    dataset=dict(datasets=[
        dict(
            real,
            data_root=data_root,
            fold=fold,
            train_subjects=train_subjects,
            subject_draw=subject_draw),
        dict(generated, data_root=generated_root, fold=fold),
    ]))
val_dataloader = dict(dataset=dict(data_root=data_root, fold=fold))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=40)
randomness = dict(seed=seed)
