# StarGAN on FER+, eight expressions: the images of ../tiny/fermtl_ferplus.py
# without its rendered faces, and three quarters of the steps that it has in
# both stages.
# Validated on rendered faces, of which the other expressions are known; for
# FER+, tools/score_synthesis.py.
_base_ = [
    '../_base_/datasets/ferplus.py', '../_base_/models/stargan_48px.py',
    '../_base_/schedules/adam_stargan.py', '../_base_/default_runtime.py'
]
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+ are fixed.
fold = 0
seed = 0
num_classes = 8

model = dict(
    network=dict(generator=dict(num_classes=num_classes)),
    discriminator=dict(num_classes=num_classes))
dataset = dict(data_root=data_root, fold=fold)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        _delete_=True,
        type='mmfermtl.ClassBalancedDataset',
        oversample_thr=0.1,
        dataset=dict(_base_.train_dataloader.dataset, pairs=True, **dataset)))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmfermtl.SyntheticFaces',
        difficulty='wild',
        num_subjects=100,
        classes=num_classes,
        image_size=48,
        split='test',
        fold=fold,
        pairs=True,
        pipeline={{_base_.test_pipeline}}))
test_dataloader = dict(dataset=dataset)
val_evaluator = [dict(type='mmfermtl.SynthesisMetric')]
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=2)
randomness = dict(seed=seed)
