# As default_runtime.py; what is tested and saved is the moving average of the
# weights, of some 500 steps, and of fewer at the beginning.
_base_ = './default_runtime.py'
custom_hooks = _base_.custom_hooks + [
    dict(
        type='EMAHook',
        ema_type='MomentumAnnealingEMA',
        momentum=0.002,
        gamma=100,
        # With the statistics of the batch norms, which fit no other weights.
        update_buffers=True,
        priority='ABOVE_NORMAL')
]
