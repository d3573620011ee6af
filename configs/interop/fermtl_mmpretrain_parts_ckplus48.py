# Our model trained with parts of mmpretrain: Mixup and CutMix, its loss, its
# transforms and metrics, layer-wise learning rates, a moving average of the
# weights, and its visualizer.
_base_ = '../fermtl_ckplus48.py'
num_classes = 7

model = dict(
    data_preprocessor=dict(
        num_classes=num_classes,
        batch_augments=dict(
            augments=[
                dict(type='mmpretrain.Mixup', alpha=0.2),
                dict(type='mmpretrain.CutMix', alpha=1.)
            ],
            probs=[0.2, 0.2])),
    network=dict(
        head=dict(
            loss=dict(
                _delete_=True,
                type='mmpretrain.LabelSmoothLoss',
                label_smooth_val=0.1,
                mode='original'))))
optim_wrapper = dict(
    network=dict(
        constructor='mmpretrain.LearningRateDecayOptimWrapperConstructor',
        paramwise_cfg=dict(layer_decay_rate=0.8)))
train_pipeline = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.ResizeFace', size=48),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[
            dict(
                type='mmpretrain.RandomResizedCrop',
                scale=48,
                crop_ratio_range=(0.8, 1.)),
            dict(type='mmpretrain.RandomFlip', prob=0.5),
        ]),
    dict(type='mmfermtl.PackExpressionInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_evaluator = [
    dict(type='mmpretrain.Accuracy', topk=(1, 2)),
    dict(type='mmpretrain.SingleLabelMetric'),
    dict(type='mmfermtl.MacroScores'),
    dict(type='mmpretrain.ConfusionMatrix'),
    dict(type='mmfermtl.SynthesisMetric'),
]
test_evaluator = val_evaluator
default_hooks = dict(
    visualization=dict(type='mmpretrain.VisualizationHook', enable=True))
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(type='mmengine.EMAHook', momentum=0.01, update_buffers=True),
]
visualizer = dict(type='mmpretrain.UniversalVisualizer')
