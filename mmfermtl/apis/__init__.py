from mmfermtl.engine.checkpoint_files import check_checkpoint_fits
from ..safe_loading import load_checkpoint_safely
from .cfg_options import CfgOptionsAction, merge_cfg_options
from .run_config import load_config, set_everywhere, set_seed, set_work_dir
from .testing import run_test
from .training import run_training
from .user_errors import UserError, report_user_errors

__all__ = [
    'CfgOptionsAction', 'UserError', 'check_checkpoint_fits', 'load_config',
    'load_checkpoint_safely', 'merge_cfg_options', 'report_user_errors',
    'run_test', 'run_training', 'set_everywhere', 'set_seed', 'set_work_dir'
]
