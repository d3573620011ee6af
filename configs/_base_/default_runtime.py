# The runtime of all short trainings.
default_scope = 'mmpretrain'
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=100),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    leak_check=dict(type='mmfermtl.LeakCheckHook'),
    training_facts=dict(type='mmfermtl.TrainingFactsHook'),
    draw_seed=dict(type='mmfermtl.DrawSeedHook'),
    synthesis_grid=dict(type='mmfermtl.SynthesisGridHook', interval=10),
    summary=dict(type='mmfermtl.RunSummaryHook'),
    progress_bar=dict(type='mmfermtl.ProgressBarHook'))
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
visualizer = dict(
    type='mmengine.Visualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
# Ranks validate with the same batch norm statistics.
custom_hooks = [dict(type='SyncBuffersHook')]
