"""Facial expression recognition and synthesis, learned together.

Importing the package checks the versions of MMEngine and MMCV and makes
``mmfermtl::`` a known prefix of config paths. Nothing heavy is imported.
"""
import os.path as osp
import runpy
import sys
from importlib.util import find_spec
from typing import Optional

from .version import __version__

# Floors only: an upper bound would break the package on releases that work.
MMENGINE_MINIMUM_VERSION = '0.10.4'
MMCV_MINIMUM_VERSION = '2.0.1'

_HINT = ('Install one of the two stacks, in the clone of mmfermtl: '
         '`pip install ".[onedl]"` (maintained, default) or '
         '`bash tools/setup_env.sh openmmlab` (the originals, which compiles '
         'MMCV). Never both in one environment: they install the same '
         'modules.')


def _installed_version(module: str) -> Optional[str]:
    """Read the version of a module without importing it.

    ``import mmcv`` alone loads PyTorch, which takes seconds.

    Args:
        module (str): Name of a top-level module which keeps its version in
            ``version.py``, as all OpenMMLab packages do.

    Returns:
        str, optional: The version; None if the module is not installed.
    """
    if module in sys.modules:
        return sys.modules[module].__version__
    spec = find_spec(module)
    # A folder left behind by an uninstalled package has no origin.
    if spec is None or spec.origin is None:
        return None
    version_file = osp.join(osp.dirname(spec.origin), 'version.py')
    return runpy.run_path(version_file)['__version__']


def _is_light() -> bool:
    """Whether this is an installation that only uses exported models.

    It has neither PyTorch nor the stack: reading photographs with
    :mod:`mmfermtl.inference` and ONNX Runtime needs none of them.
    """
    return not any(
        name in sys.modules or find_spec(name)
        for name in ('torch', 'mmengine', 'mmcv'))


def _check_stack() -> None:
    """Check that MMEngine and MMCV are there and new enough.

    Raises:
        RuntimeError: If one is missing or older than its floor.
    """
    # MMEngine is checked before `digit_version` is imported from it.
    for name, module, floor in (('MMEngine', 'mmengine',
                                 MMENGINE_MINIMUM_VERSION),
                                ('MMCV', 'mmcv', MMCV_MINIMUM_VERSION)):
        found = _installed_version(module)
        if found is None:
            raise RuntimeError(f'mmfermtl needs {name} >= {floor}, but the '
                               f'module {module} is not installed. {_HINT}')
        from mmengine.utils import digit_version
        if digit_version(found) < digit_version(floor):
            raise RuntimeError(f'mmfermtl needs {name} >= {floor}, but '
                               f'{found} is installed. {_HINT}')


def _register_config_prefix() -> None:
    """Let ``mmfermtl::path/config.py`` be found by MMEngine.

    MMEngine resolves the prefix only for the packages in its own table, and
    its release 0.10.7 takes the folder of the metadata for that of the
    package, which an editable installation does not have there.
    """
    from mmengine.config import config
    from mmengine.config.utils import MODULE2PACKAGE
    MODULE2PACKAGE.setdefault('mmfermtl', 'mmfermtl')
    locate = config.get_installed_path
    here = osp.dirname(osp.abspath(__file__))

    def get_installed_path(package: str) -> str:
        return here if package == 'mmfermtl' else locate(package)

    config.get_installed_path = get_installed_path


if not _is_light():
    _check_stack()
    _register_config_prefix()

__all__ = ['__version__']
