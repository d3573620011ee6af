"""Registry nodes of the ``mmfermtl`` scope.

Each node is a child of MMEngine's root registry of the same kind, so that
``type='mmfermtl.X'`` works in any OpenMMLab config: ``locations`` name the
modules that MMEngine imports on first use. Import only ``mmengine.registry``
here: MMEngine hides an ``ImportError`` of this module, and the user sees only
"X is not in the registry".
"""
import mmengine.registry as root
from mmengine.registry import Registry


def _make_child(parent: Registry, *locations: str) -> Registry:
    """Make a node below one of MMEngine's root registries."""
    return Registry(
        parent.name,
        parent=parent,
        scope='mmfermtl',
        locations=list(locations))


DATASETS = _make_child(root.DATASETS, 'mmfermtl.datasets')
DATA_SAMPLERS = _make_child(root.DATA_SAMPLERS, 'mmfermtl.datasets.generated')
TRANSFORMS = _make_child(root.TRANSFORMS, 'mmfermtl.datasets.transforms')
# `TrainedModel`, a model with the weights of a checkpoint, is in `engine`,
# because it checks what the checkpoint was trained on.
MODELS = _make_child(root.MODELS, 'mmfermtl.models', 'mmfermtl.engine')
MODEL_WRAPPERS = _make_child(root.MODEL_WRAPPERS, 'mmfermtl.models.multitask')
HOOKS = _make_child(root.HOOKS, 'mmfermtl.engine')
OPTIM_WRAPPERS = _make_child(root.OPTIM_WRAPPERS, 'mmfermtl.engine')
OPTIM_WRAPPER_CONSTRUCTORS = _make_child(root.OPTIM_WRAPPER_CONSTRUCTORS,
                                         'mmfermtl.engine')
METRICS = _make_child(root.METRICS, 'mmfermtl.evaluation')
