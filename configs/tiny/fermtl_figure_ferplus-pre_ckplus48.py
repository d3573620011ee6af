# CK+48, wired as the figure in the release of 2021, from the recogniser of
# FER+: both branches have its weights, the exchange begins nearly closed.
_base_ = './fermtl_figure_ckplus48.py'
# The weights that come with the package. For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fer_tiny_ferplus'

model = dict(
    network=dict(
        backbone=dict(
            sharing=dict(
                type='mmfermtl.ConvFLUExchange',
                kernel_size=1,
                update_bias=-3.))))
train_cfg = dict(max_epochs=10)
optim_wrapper = dict(network=dict(optimizer=dict(lr=2e-4)))
default_hooks = dict(
    load_parts=dict(
        type='mmfermtl.LoadExpressionPartsHook',
        checkpoint=pretrained,
        copies={
            'backbone.fes_stem': 'backbone.stem',
            'backbone.fes_stages': 'backbone.fer_stages'
        },
        from_scratch=('backbone.sharing', )))
