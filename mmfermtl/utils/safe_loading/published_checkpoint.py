"""Find published weights, and read them as a checkpoint."""
import os.path as osp
from glob import glob
from typing import Any, Dict, List, Optional

import torch

from ..errors import PACKAGE_DIR
from ..model_index import SHIPPED
from .safetensors_files import SUFFIX, read_safetensors

#: Folder of the weights that come with the package.
FOLDER = osp.join(PACKAGE_DIR, 'weights')
#: What a description and the ``meta`` of a checkpoint both have.
_SHARED = ('training_facts', )


def list_published() -> List[str]:
    """List the names of the weights that come with the package."""
    paths = glob(osp.join(FOLDER, f'*{SUFFIX}'))
    return sorted(osp.basename(path)[:-len(SUFFIX)] for path in paths)


def find_published(name: str) -> Optional[str]:
    """Find the file of published weights.

    Args:
        name (str): The name of weights that come with the package, such as
            ``'fer_tiny_ferplus'``; the path of a ``*.safetensors`` file; or
            its path in the model index.

    Returns:
        str, optional: Path of the file, which may be missing; None for what
        is neither.
    """
    if name.endswith(SUFFIX):
        if osp.dirname(name) == SHIPPED and not osp.isfile(name):
            return osp.join(FOLDER, osp.basename(name))
        return osp.expanduser(name)
    if name in list_published():
        return osp.join(FOLDER, f'{name}{SUFFIX}')
    return None


def weights_file(name: str) -> str:
    """Return the file that weights of a name or path are loaded from."""
    return find_published(name) or osp.expanduser(name)


def require_published(name: str) -> str:
    """Find the file of published weights, see :func:`find_published`.

    Raises:
        ValueError: If there is none of that name.
    """
    path = find_published(name)
    if path is None:
        raise ValueError(f'{name!r} names no weights of this package, which '
                         f'has {", ".join(list_published()) or "none"}; give '
                         f'one of them, or the path of a {SUFFIX} file')
    if osp.dirname(name) == SHIPPED and not osp.isfile(path):
        raise FileNotFoundError(
            f'the model {osp.basename(name)[:-len(SUFFIX)]} has no published '
            'weights; train its config, and give the checkpoint')
    return path


def read_published(name: str) -> Dict[str, Any]:
    """Read published weights as a checkpoint.

    Args:
        name (str): As for :func:`find_published`.

    Returns:
        dict: ``state_dict``, of float32 where the file has float16, and
        ``meta`` with the classes and what the weights were trained on.

    Raises:
        ValueError: If the file is missing or damaged.
    """
    state, description = read_safetensors(require_published(name))
    meta = {}
    if isinstance(description, dict):
        meta = {key: description[key] for key in _SHARED if key in description}
        if 'classes' in description:
            meta['dataset_meta'] = dict(classes=description['classes'])
    return dict(
        state_dict={
            key: value.float() if value.dtype is torch.float16 else value
            for key, value in state.items()
        },
        meta=meta)
