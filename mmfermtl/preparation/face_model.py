"""Find the weights of the face detector, and verify their checksum."""
import hashlib
import os
import os.path as osp
from typing import Optional, Tuple

from ..utils.user_files import user_file

MODEL_FILE = 'face_detection_yunet_2023mar.onnx'
MODEL_SHA256 = (
    '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4')
# The same bytes at both addresses, each at a fixed commit: the author's
# repository, and the OpenCV model zoo. The zoo's later file (2026may) has the
# same weights with a free input size, which is not needed here.
MODEL_URLS = (
    'https://github.com/ShiqiYu/libfacedetection.train/raw/'
    '02246e79b1e976c83d1e135a85e0628120c93769/onnx/yunet_s_640_640.onnx',
    'https://huggingface.co/opencv/face_detection_yunet/resolve/'
    '3cc26e7f1014a5ee5d74a42acee58bafc9d0a310/'
    'face_detection_yunet_2023mar.onnx')
MODEL_VARIABLE = 'MMFERMTL_FACE_MODEL'
POINTER_START = b'version https://git-lfs'


def face_model_place(model_path: Optional[str] = None) -> Tuple[str, str]:
    """Name the file that the weights of the face detector are read from.

    Args:
        model_path (str, optional): See :func:`find_face_model`.

    Returns:
        tuple[str, str]: The path, and what names it.
    """
    origin = 'the argument'
    if model_path is None:
        model_path = os.environ.get(MODEL_VARIABLE)
        origin = f'the environment variable {MODEL_VARIABLE}'
        if not model_path:
            model_path, origin = user_file(MODEL_FILE), 'default'
    return osp.expanduser(os.fspath(model_path)), origin


def _where_from(path: str) -> str:
    """Describe how to get the weights."""
    urls = '\n  or '.join(MODEL_URLS)
    return ('Run `mmfermtl setup`, which brings it. Or download '
            f'(232,589 bytes, MIT licence)\n  {urls}\n'
            f'to {path}\n(or anywhere, and give the path as an argument or '
            f'in the environment variable {MODEL_VARIABLE}); '
            f'its SHA-256 must be {MODEL_SHA256}.')


def check_face_model(content: bytes, place: str) -> None:
    """Verify the checksum of the weights.

    Args:
        content (bytes): What was read.
        place (str): Where it is from, for the message.

    Raises:
        ValueError: If the checksum differs.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != MODEL_SHA256:
        hint = ''
        if content.startswith(POINTER_START):
            hint = ' The file is a Git LFS pointer, not the weights.'
        raise ValueError(
            f'{place} is not the face detector that this version works with: '
            f'SHA-256 found {found}, expected {MODEL_SHA256}.{hint}')


def find_face_model(model_path: Optional[str] = None) -> Tuple[str, bytes]:
    """Read the weights of the face detector and verify them.

    Nothing is downloaded: ``mmfermtl setup`` does that.

    Args:
        model_path (str, optional): The file. Defaults to None: what the
            environment variable ``MMFERMTL_FACE_MODEL`` names, or else
            ``~/.cache/mmfermtl/face_detection_yunet_2023mar.onnx``.

    Returns:
        tuple[str, bytes]: The path of the file, and its content.

    Raises:
        FileNotFoundError: If there is no such file; the message describes
            where to get it and where to put it.
        ValueError: If the checksum differs.
    """
    path, origin = face_model_place(model_path)
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'No face detector at {path} (named by {origin}). '
            f'{_where_from(path)}')
    with open(path, 'rb') as file:
        content = file.read()
    try:
        check_face_model(content, path)
    except ValueError as error:
        raise ValueError(f'{error} {_where_from(path)}') from None
    return path, content
