# Recognition and synthesis on FER+, eight expressions, without a paired image
# of it: pairs are those of rendered faces. Pretrained on FER+ for recognition.
_base_ = [
    '../_base_/models/fermtl_tiny.py', '../_base_/datasets/ferplus.py',
    '../_base_/schedules/adamw_cosine_adversarial.py',
    '../_base_/averaged_runtime.py'
]
data_root = 'data/ferplus'
# Of the rendered faces; the splits of FER+ are fixed.
fold = 0
seed = 0
num_classes = 8
# The last checkpoint of ../single_task/fer_ferplus.py.
pretrained = 'work_dirs/fer_ferplus/epoch_40.pth'

model = dict(
    network=dict(
        # Nearly closed: units as initialised would replace half of the
        # pretrained features by noise.
        backbone=dict(
            sharing=dict(
                type='mmfermtl.ConvFLUExchange',
                kernel_size=1,
                update_bias=-3.)),
        head=dict(num_classes=num_classes, loss=dict(label_smoothing=0.)),
        generator=dict(num_classes=num_classes, change_mask=True)),
    discriminator=dict(num_classes=num_classes),
    loss_cyc=dict(type='mmfermtl.PixelLoss', norm='l1', loss_weight=1.))
dataset = dict(data_root=data_root)
pairs = dict(identity=0.1)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmengine.ConcatDataset',
        datasets=[
            dict(_base_.train_dataloader.dataset, pairs=pairs, **dataset),
            dict(
                type='mmfermtl.SyntheticFaces',
                difficulty='wild',
                num_subjects=100,
                classes=num_classes,
                image_size=48,
                split='train',
                fold=fold,
                pairs=pairs,
                pipeline={{_base_.train_pipeline}}),
        ]))
val_dataloader = dict(dataset=dataset)
test_dataloader = dict(dataset=dataset)
train_cfg = dict(max_epochs=20)
optim_wrapper = dict(network=dict(optimizer=dict(weight_decay=5e-2)))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        copies={'backbone.fes_stages': 'backbone.fer_stages'},
        from_scratch=('backbone.sharing', )))
randomness = dict(seed=seed)
