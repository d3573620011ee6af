# As default_runtime.py, for trainings of hundreds of epochs and networks
# whose checkpoints take half a gigabyte. Resuming repeats at most ten epochs.
_base_ = './default_runtime.py'
default_hooks = dict(checkpoint=dict(interval=10))
