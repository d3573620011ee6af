"""Find and decode the pictures that a user names."""
import os
import os.path as osp
from glob import glob, has_magic
from itertools import takewhile
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional, Sequence, Union

import numpy as np

from ..utils.decoding.face_decoding import decode_face, to_uint8
from ..utils.decoding.image_paths import IMAGE_SUFFIXES
from ..utils.errors import UserError
from .film_reader import FILM_SUFFIXES
from .result_files import JSONL_FILE, PICTURES

#: Where all commands write if no other folder is given.
RESULTS = 'work_dirs'
#: A path, or ``(H, W)``, ``(H, W, 3)`` BGR.
Picture = Union[str, np.ndarray]


class NamedPicture(NamedTuple):
    """A picture and its name in results."""

    #: Relative to the folder that was named; else as it was named.
    name: str
    #: Path of the file, or the array.
    source: Picture


def is_film(path: Any) -> bool:
    """Whether a path names a film by its ending."""
    return isinstance(path, str) and path.lower().endswith(FILM_SUFFIXES)


def is_camera(source: Any) -> bool:
    """Whether an input names a camera, as ``'webcam:0'`` does."""
    return isinstance(source, str) and (source == 'webcam'
                                        or source.startswith('webcam:'))


def picture_root(path: str) -> Optional[str]:
    """Name the folder that the names of pictures are relative to.

    Returns:
        str, optional: A folder itself, or the part of a glob before its first
        wildcard; None for a file.
    """
    if osp.isdir(path):
        return path
    if osp.lexists(path) or not has_magic(path):
        return None
    fixed = takewhile(lambda part: not has_magic(part), Path(path).parts)
    return str(Path(*fixed))


def list_pictures(source: Any) -> List[NamedPicture]:
    """List the pictures that a user names.

    Args:
        source (str | np.ndarray | Sequence): A file, a folder (searched with
            its subfolders for the endings of images), a glob, an array, or a
            list of files and arrays. Pictures that were annotated, and all
            below a folder ``work_dirs``, are not found in folders and globs.

    Returns:
        list[NamedPicture]: In the order of their names, or as given.

    Raises:
        UserError: If there is no such file, or no picture in the folder.
    """
    if isinstance(source, np.ndarray):
        return [NamedPicture('array', source)]
    if isinstance(source, (str, os.PathLike)):
        return _list_path(os.fspath(source))
    if not isinstance(source, (list, tuple)):
        raise UserError(f'input of type {type(source).__name__}: expected a '
                        'path, an array or a list of them')
    pictures = []
    for number, item in enumerate(source):
        if isinstance(item, np.ndarray):
            pictures.append(NamedPicture(f'array {number}', item))
        elif isinstance(item, (str, os.PathLike)):
            pictures.append(NamedPicture(os.fspath(item), os.fspath(item)))
        else:
            raise UserError(f'input {number} of type {type(item).__name__}: '
                            'expected a path or an array')
    return pictures


def list_files(paths: Sequence[str]) -> List[NamedPicture]:
    """List picture files, as a shell gives them for a glob.

    Returns:
        list[NamedPicture]: In the order of their names, which are relative to
        :func:`common_root`.

    Raises:
        UserError: If one is no file, or a film.
    """
    for path in paths:
        if is_film(path) or not osp.isfile(path):
            raise UserError(
                f'input {path}: among several inputs, expected a picture '
                'file; give one folder, film or quoted glob at a time')
    root = common_root(paths)
    named = {osp.relpath(path, root): path for path in paths}
    return [NamedPicture(name, named[name]) for name in sorted(named)]


def common_root(paths: Sequence[str]) -> str:
    """Name the folder that holds several files."""
    return osp.commonpath([osp.dirname(osp.abspath(p)) for p in paths])


def _list_path(path: str) -> List[NamedPicture]:
    """List a file, a folder or a glob."""
    if '\0' in path or not path:
        raise UserError(f'input {path!r}: expected a path')
    if osp.isdir(path):
        pictures = sorted(_walk(path))
        if not pictures:
            raise UserError(
                f'input {path}: found no picture in this folder, expected '
                f'files that end in {", ".join(IMAGE_SUFFIXES)}')
        return pictures
    if osp.lexists(path):
        return [NamedPicture(osp.basename(path), path)]
    root = picture_root(path)
    if root is not None:
        if '..' in Path(path).parts[len(Path(root).parts):]:
            raise UserError(f"input {path}: found '..' behind a wildcard, "
                            'expected it before the first one only')
        found = sorted(
            p for p in glob(path, recursive=True)
            if osp.isfile(p) and not _in_results(p, root))
        if found:
            return [NamedPicture(osp.relpath(p, root), p) for p in found]
    raise UserError(_not_found(path))


def _not_found(path: str) -> str:
    if is_camera(path):
        return (f'input {path}: a camera, but pictures are read here; use '
                f'`mmfermtl webcam {path}`')
    return f'input {path}: not found; check the path'


def _walk(root: str) -> Iterator[NamedPicture]:
    for folder, names, files in os.walk(root):
        # Hidden ones are of programs, such as thumbnails.
        names[:] = sorted(
            n for n in names
            if not n.startswith('.') and not _holds_results(folder, n))
        for file in files:
            if not file.startswith('.') and file.lower().endswith(
                    IMAGE_SUFFIXES):
                path = osp.join(folder, file)
                yield NamedPicture(osp.relpath(path, root), path)


def _holds_results(folder: str, name: str) -> bool:
    """Whether a subfolder holds what a command wrote."""
    return name == RESULTS or (name == PICTURES
                               and osp.isfile(osp.join(folder, JSONL_FILE)))


def _in_results(path: str, root: str) -> bool:
    """Whether a folder between a root and a file holds results."""
    folder = root
    for name in Path(osp.relpath(path, root)).parts[:-1]:
        if _holds_results(folder, name):
            return True
        folder = osp.join(folder, name)
    return False


def read_picture(source: Picture, name: Optional[str] = None) -> np.ndarray:
    """Decode a picture, upright, or check an array.

    Args:
        source (str | np.ndarray): A file; or ``(H, W)``, ``(H, W, 1)``, or
            BGR ``(H, W, 3)``, or BGRA ``(H, W, 4)``, of uint8, of 16 bits or
            of floats.
        name (str, optional): Name of an array in messages.

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR uint8.

    Raises:
        ValueError: If it cannot be read; the message says why.
        FileNotFoundError: If there is no such file.
    """
    if isinstance(source, str):
        if not osp.lexists(source):
            # Decoding speaks of the images of a dataset.
            raise FileNotFoundError(_not_found(source))
        if osp.isfile(source) and not osp.getsize(source):
            raise ValueError(f'{source}: found 0 bytes, expected a picture; '
                             'copy it again from its source')
        return decode_face(source, 'color')
    name = name or 'array'
    shape: Sequence[int] = getattr(source, 'shape', ())
    grey = len(shape) == 2 or (len(shape) == 3 and shape[2] == 1)
    if not grey and not (len(shape) == 3 and shape[2] in (3, 4)) or 0 in shape:
        raise ValueError(f'{name}: found the shape {tuple(shape)}, expected '
                         '(H, W), (H, W, 3) or (H, W, 4), neither side 0')
    image = to_uint8(source, name)
    if grey:
        image = np.repeat(image.reshape(*shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image[..., :3])
