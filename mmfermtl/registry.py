"""Registry nodes of the ``mmfermtl`` scope.

Each node is a child of MMEngine's root registry of the same kind, so that
``type='mmfermtl.X'`` works in any OpenMMLab config: ``locations`` name the
modules that MMEngine imports on first use. Import only ``mmengine.registry``
here: MMEngine hides an ``ImportError`` of this module, and the user sees only
"X is not in the registry".
"""
from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODEL_WRAPPERS as MMENGINE_MODEL_WRAPPERS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import \
    OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry

DATASETS = Registry(
    'dataset',
    parent=MMENGINE_DATASETS,
    scope='mmfermtl',
    locations=['mmfermtl.datasets'])
DATA_SAMPLERS = Registry(
    'data sampler',
    parent=MMENGINE_DATA_SAMPLERS,
    scope='mmfermtl',
    locations=['mmfermtl.datasets.generated'])
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope='mmfermtl',
    locations=['mmfermtl.datasets.transforms'])
MODELS = Registry(
    'model',
    parent=MMENGINE_MODELS,
    scope='mmfermtl',
    # `TrainedModel`, a model with the weights of a checkpoint, is in `engine`,
    # because it checks what the checkpoint was trained on.
    locations=['mmfermtl.models', 'mmfermtl.engine'])
MODEL_WRAPPERS = Registry(
    'model_wrapper',
    parent=MMENGINE_MODEL_WRAPPERS,
    scope='mmfermtl',
    locations=['mmfermtl.models.multitask'])
HOOKS = Registry(
    'hook',
    parent=MMENGINE_HOOKS,
    scope='mmfermtl',
    locations=['mmfermtl.engine'])
OPTIM_WRAPPERS = Registry(
    'optim_wrapper',
    parent=MMENGINE_OPTIM_WRAPPERS,
    scope='mmfermtl',
    locations=['mmfermtl.engine'])
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    'optimizer wrapper constructor',
    parent=MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
    scope='mmfermtl',
    locations=['mmfermtl.engine'])
METRICS = Registry(
    'metric',
    parent=MMENGINE_METRICS,
    scope='mmfermtl',
    locations=['mmfermtl.evaluation'])
