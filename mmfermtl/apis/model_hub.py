"""Let mmpretrain and MMEngine know our models by name."""
import os.path as osp
from typing import Any, Dict, List

from ..utils.model_index import INDEX_FILE, SHIPPED, find_index_folder
from ..utils.safe_loading import secure_mmengine_loading
from ..utils.safe_loading.safetensors_files import SUFFIX

#: Under which mmpretrain chooses its inferencer.
TASK = 'Image Classification'


def register_models() -> List[str]:
    """Add the models of our index to the hub of mmpretrain.

    Then ``list_models``, ``get_model``, ``inference_model`` and the
    inferencers of mmpretrain take their names; ``pretrained=True`` loads the
    weights that are shipped, without unpickling, and is an error for a model
    that has none. A second call changes nothing.

    Returns:
        list[str]: The names.

    Raises:
        ImportError: If mmpretrain is not installed.
        ValueError: If a model of mmpretrain has a name of ours.

    Examples:
        >>> from mmfermtl.apis import register_models
        >>> 'fer-tiny_ferplus' in register_models()
        True
        >>> from mmpretrain.apis import get_model
        >>> model = get_model('fer-tiny_ferplus', pretrained=True)
    """
    try:
        from mmpretrain.apis import ModelHub
    except ModuleNotFoundError as error:
        raise ImportError('the names of models are registered in mmpretrain: '
                          f'{error}; pip install "mmfermtl[onedl]"') from error
    secure_mmengine_loading()
    folder = find_index_folder()
    known = ModelHub._models_dict
    ours = _names(folder, known)
    if not ours:
        ModelHub.register_model_index(
            osp.join(folder, INDEX_FILE), config_prefix=folder)
        ours = _names(folder, known)
        for name in ours:
            _describe(name, known[name])
    return ours


def _names(folder: str, known: Dict[str, Any]) -> List[str]:
    """List the registered models whose configs are in our folder."""
    return sorted(name for name, model in known.items()
                  if str(model.config).startswith(osp.join(folder, '')))


def _describe(name: str, model: Any) -> None:
    """Fill in what mmpretrain asks of a model."""
    results = [
        dict(Task=TASK, Dataset=result.dataset, Metrics=result.metrics)
        for result in model.results or ()
    ]
    if model.weights and not results:
        data = model.metadata.training_data
        results = [dict(Task=TASK, Dataset=data, Metrics={})]
    model.results = results or None
    # mmpretrain would warn, and go on with random weights. When these are
    # asked for, the loader says that there are none.
    model.weights = model.weights or f'{SHIPPED}/{name}{SUFFIX}'
