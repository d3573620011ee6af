"""What a user calls from Python: train, test, load and use a model.

Examples:
    >>> from mmfermtl.apis import load_config, run_training, set_work_dir
    >>> cfg = load_config('configs/fermtl_synthetic.py', fold=0)
    >>> set_work_dir(cfg, 'work_dirs/first')
    >>> run_training(cfg)
"""
from ..engine.checkpoints.checkpoint_files import check_checkpoint_fits
from ..engine.checkpoints.model_loading import load_model
from ..engine.config.run_config import (load_config, set_everywhere, set_seed,
                                        set_work_dir)
from ..engine.testing import run_test
from ..engine.training import run_training
from ..utils.config.cfg_options import CfgOptionsAction, merge_cfg_options
from ..utils.errors import UserError, report_user_errors
from ..utils.safe_loading import load_checkpoint_safely
from .inference import predict_faces
from .inferencer import FERMTLInferencer
from .model_hub import register_models

__all__ = [
    'CfgOptionsAction', 'FERMTLInferencer', 'UserError',
    'check_checkpoint_fits', 'load_config', 'load_checkpoint_safely',
    'load_model', 'merge_cfg_options', 'predict_faces', 'register_models',
    'report_user_errors', 'run_test', 'run_training', 'set_everywhere',
    'set_seed', 'set_work_dir'
]
