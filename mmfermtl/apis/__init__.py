from ..engine.checkpoints.checkpoint_files import check_checkpoint_fits
from ..engine.config.run_config import (load_config, set_everywhere, set_seed,
                                        set_work_dir)
from ..engine.training import run_training
from ..utils.config.cfg_options import CfgOptionsAction, merge_cfg_options
from ..utils.errors import UserError, report_user_errors
from ..utils.safe_loading import load_checkpoint_safely
from .testing import run_test

__all__ = [
    'CfgOptionsAction', 'UserError', 'check_checkpoint_fits', 'load_config',
    'load_checkpoint_safely', 'merge_cfg_options', 'report_user_errors',
    'run_test', 'run_training', 'set_everywhere', 'set_seed', 'set_work_dir'
]
