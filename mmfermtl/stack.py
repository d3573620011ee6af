"""Whether PyTorch, MMEngine and MMCV are there: the one place that asks.

None of them is a required package, for exported models are run without them.
What does need them says so when it is imported, in a sentence.
"""
import os.path as osp
import runpy
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any, List, Optional

# Floors only: an upper bound would break the package on releases that work.
MMENGINE_MINIMUM_VERSION = '0.10.4'
MMCV_MINIMUM_VERSION = '2.0.1'

#: What is needed, by the module that it installs.
_NEEDED = dict(
    torch='PyTorch',
    mmengine=f'MMEngine >= {MMENGINE_MINIMUM_VERSION}',
    mmcv=f'MMCV >= {MMCV_MINIMUM_VERSION}')
_HINT = ('Install one of the two stacks: `pip install "mmfermtl[onedl]"` '
         '(maintained, default) or, in the clone of mmfermtl, `bash '
         'tools/setup_env.sh openmmlab` (the originals, which compiles '
         'MMCV). Never both in one environment: they install the same '
         'modules.')
#: What the export needs beside the stack.
_EXPORT = ('onnx', 'onnxscript', 'onnxruntime')


class StackError(RuntimeError):
    """Something of the stack is missing or too old."""


def missing_modules() -> List[str]:
    """List the modules of the stack that are not installed."""
    return [name for name in _NEEDED if not _is_installed(name)]


def missing_export_packages() -> List[str]:
    """List the modules that the export needs and that are not installed."""
    return [name for name in _EXPORT if not _is_installed(name)]


def check_export_packages() -> None:
    """Check that what exports a model is installed, before the work.

    Raises:
        ImportError: If something is missing.
    """
    stack = missing_modules()
    others = missing_export_packages()
    if stack or others:
        extras = ['onedl'] * bool(stack) + ['export'] * bool(others)
        raise ImportError(f'the export needs {", ".join(stack + others)}, not '
                          'installed here: pip install '
                          f'"mmfermtl[{",".join(extras)}]"; what it writes '
                          'is used without them')


def _is_installed(module: str) -> bool:
    if sys.modules.get(module) is not None:
        return True
    spec = find_spec(module)
    # A folder left behind by an uninstalled package has no origin.
    return spec is not None and spec.origin is not None


def installed_version(module: str) -> str:
    """Read the version of a module without importing it.

    ``import mmcv`` alone loads PyTorch, which takes seconds.

    Args:
        module (str): Name of a top-level module which is installed and keeps
            its version in ``version.py``, as all OpenMMLab packages do.

    Returns:
        str: The version.
    """
    if module in sys.modules:
        return sys.modules[module].__version__
    spec: Any = find_spec(module)
    version_file = osp.join(osp.dirname(spec.origin), 'version.py')
    return runpy.run_path(version_file)['__version__']


def check_versions() -> None:
    """Check that MMEngine and MMCV, which are installed, are new enough.

    Raises:
        StackError: If one is older than its floor.
    """
    from mmengine.utils import digit_version
    for module, floor in (('mmengine', MMENGINE_MINIMUM_VERSION),
                          ('mmcv', MMCV_MINIMUM_VERSION)):
        found = installed_version(module)
        if digit_version(found) < digit_version(floor):
            raise StackError(f'mmfermtl needs {_NEEDED[module]}, but '
                             f'{found} is installed. {_HINT}')


class _Loader(SourceFileLoader):
    """Explain what a module of this package does not find."""

    def exec_module(self, module: ModuleType) -> None:
        try:
            super().exec_module(module)
        except ModuleNotFoundError as error:
            missing = (error.name or '').partition('.')[0]
            if missing not in _NEEDED:
                raise
            raise StackError(
                f'{self.name} needs {_NEEDED[missing]}, but the module '
                f'{missing} is not installed. {_HINT} Exported models are run '
                'without it, by mmfermtl.inference.') from None


class _Finder(PathFinder):
    """Find the modules of this package for :class:`_Loader`."""

    @classmethod
    def find_spec(cls,
                  fullname: str,
                  path: Any = None,
                  target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        """Return the spec of a module of this package, None of others."""
        if not fullname.startswith(f'{__package__}.'):
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


def explain_missing_modules() -> None:
    """Let modules of this package that need the stack say what is missing.

    It lies in the import, not in each of these modules, so that none can
    forget it and all others work.
    """
    sys.meta_path.insert(0, _Finder)
