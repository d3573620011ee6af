"""Facial expression recognition and synthesis, learned together.

Importing the package checks the versions of MMEngine and MMCV, if they are
installed, and makes ``mmfermtl::`` a known prefix of config paths. Nothing
heavy is imported.
"""
import os.path as osp

from .stack import check_versions, explain_missing_modules, missing_modules
from .version import __version__


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


if missing_modules():
    explain_missing_modules()
else:
    check_versions()
    _register_config_prefix()

__all__ = ['__version__']
