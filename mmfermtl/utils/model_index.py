"""Where the configs and the model index of the package are."""
import os.path as osp

from .errors import PACKAGE_DIR

INDEX_FILE = 'model-index.yml'
#: How the index names the folder of the weights that are shipped.
SHIPPED = 'mmfermtl/weights'


def find_index_folder() -> str:
    """Find the folder that the paths of the model index start from.

    Returns:
        str: ``.mim`` in an installed package, else the clone.

    Raises:
        FileNotFoundError: If the configs are missing.
    """
    for folder in (osp.join(PACKAGE_DIR, '.mim'), osp.dirname(PACKAGE_DIR)):
        if osp.isfile(osp.join(folder, INDEX_FILE)):
            return folder
    raise FileNotFoundError(f'{PACKAGE_DIR}: found no {INDEX_FILE} in .mim or '
                            'beside it; install the package again')
