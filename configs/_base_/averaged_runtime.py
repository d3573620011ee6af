# As default_runtime.py; what is tested and saved is the moving average of the
# weights: after n steps of some 1 + n / 100 steps, and of 500 at most, which
# takes 49,900.
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
