"""Read config files, and explain why one cannot be read."""
import os.path as osp
import traceback
from glob import escape, glob

from mmengine.config import Config

from ..deprecation import warn_renamed
from ..errors import UserError


def read_config_file(path: str) -> Config:
    """Read a config file.

    If it has moved into a subfolder of its folder, it is found there, with a
    warning.

    Raises:
        UserError: In place of any error: a config is a program and may raise
            anything.
    """
    if not osp.isfile(path):
        folder, name = osp.split(path)
        moved = list(
            filter(osp.isfile,
                   glob(osp.join(escape(folder), '*', escape(name)))))
        if len(moved) != 1:
            raise UserError(
                f'config {path} is not a file: expected a path such as '
                'configs/fermtl_synthetic.py')
        warn_renamed(f'the config {path}', moved[0], stacklevel=4)
        path = moved[0]
    try:
        return Config.fromfile(path)
    except (Exception, SystemExit) as error:
        reason = ' '.join(_reason(path, error).split())
        raise UserError(f'config {path} cannot be read: {reason}') from error


def _reason(path: str, error: BaseException) -> str:
    """Describe what is wrong, and in which of the files."""
    # A frame occurs again when it re-raises.
    frames = dict.fromkeys(
        frame for frame, _ in traceback.walk_tb(error.__traceback__))
    # The files being read, the outer one first.
    files = [
        osp.abspath(frame.f_locals['filename']) for frame in frames
        if frame.f_code.co_name == '_file2dict'
    ]
    for end, file in enumerate(files):
        if file in files[:end]:
            circle = ' -> '.join(files[files.index(file):end + 1])
            return (f'its _base_ files lead back to themselves ({circle}); '
                    'remove one of them')
    inner = files[-1] if files else osp.abspath(path)
    if isinstance(error, UnicodeDecodeError):
        return (f'{inner} is not encoded in UTF-8 (byte {error.start}: '
                f'{error.reason}); save it as UTF-8')
    if isinstance(error, ImportError):
        return (f'{error.__cause__ or error}; install it, or name its folder '
                'in PYTHONPATH')
    if isinstance(error, (SyntaxError, OSError)):
        return str(error)
    # The line of the config that raised it, in a call of its own or not.
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__)
        if osp.abspath(frame.filename) == inner
    ]
    place = f'{inner}, line {lines[-1]}' if lines else inner
    text = f'{place}: {type(error).__name__}: {error}'
    if any(f.f_code.co_name == '_parse_lazy_import' for f in frames):
        text += (' (a config that imports a package cannot call what it '
                 'imports; write the values out)')
    return text
