# As adamw_cosine.py, with an optimizer for the discriminator beside it. The
# network's is that of all variants, so that they can be compared.
_base_ = './adamw_cosine.py'
optim_wrapper = dict(
    _delete_=True,
    constructor='mmfermtl.MultiOptimWrapperConstructor',
    network={{_base_.optim_wrapper}},
    discriminator=dict(
        constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
        type='OptimWrapper',
        optimizer=dict(
            type='AdamW',
            lr=5e-4,
            betas=(0.5, 0.999),
            weight_decay=1e-2,
            fused=True)))
param_scheduler = dict(
    _delete_=True,
    network={{_base_.param_scheduler}},
    discriminator={{_base_.param_scheduler}})
