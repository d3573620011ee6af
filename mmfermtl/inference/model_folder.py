"""The folder of an exported model, read as data from strangers."""
import hashlib
import os
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..utils.calibration_file import check_calibration
from ..utils.contained_files import INNER_PATH, contained_path
from ..utils.errors import UserError
from ..utils.json_documents import SHA256, Rule, equals, read_json
from .backend import EXPORT_FILE
from .onnx_contents import find_refused

FORMAT = 'mmfermtl-onnx-1'
#: What the files of the networks are called. The int8 form of the recogniser
#: is there if it was asked for and exact enough.
FILES = dict(
    recogniser='recogniser.onnx',
    encoder='encoder.onnx',
    decoder='decoder.onnx',
    recogniser_int8='recogniser_int8.onnx')
CARD_FILE = 'MODEL_CARD.md'
#: Bounds of what is read, far above those of any model of this package.
MAX_JSON_BYTES = 8 << 20
MAX_FILE_BYTES = 1 << 30
MAX_CLASSES = 64
MAX_FEATURES = 64
MAX_SIDE = 1024
HINT = 'export it again with `mmfermtl export`, or copy the whole folder'


def _whole(low: int, high: int) -> Rule:
    return Rule(f'a whole number from {low} to {high}',
                lambda v: type(v) is int and low <= v <= high)


def _is_name(value: Any) -> bool:
    return (isinstance(value, str) and 0 < len(value) <= 64
            and value.isprintable())


def _are_classes(value: Any) -> bool:
    return (isinstance(value, list) and 2 <= len(value) <= MAX_CLASSES
            and all(map(_is_name, value)) and len(set(value)) == len(value))


def _is_size(value: Any) -> bool:
    return (isinstance(value, list) and len(value) == 2
            and all(type(n) is int and 8 <= n <= MAX_SIDE for n in value))


_FILE_SHAPE = dict(
    path=INNER_PATH, sha256=SHA256, bytes=_whole(1, MAX_FILE_BYTES))
#: Of model.json. Other keys are facts for people, and are not used.
SHAPE = {
    'format': equals(FORMAT),
    'name': Rule('a name of at most 64 characters', _is_name),
    'classes': Rule(f'2 to {MAX_CLASSES} different names', _are_classes),
    'image_size': Rule(f'height and width from 8 to {MAX_SIDE}', _is_size),
    'in_channels': Rule('1 or 3', lambda v: type(v) is int and v in (1, 3)),
    'features': _whole(0, MAX_FEATURES),
    'change_mask': bool,
    # Folders of earlier versions lack it.
    'warp?': bool,
    'calibration': (dict, None),
    'files': {
        f'{key}?': _FILE_SHAPE
        for key in FILES
    },
    'training_facts': dict,
    'licence': str
}


class ModelFolder(NamedTuple):
    """An exported model whose files are those that it was written with."""

    root: str
    #: As in ``SHAPE``.
    description: Dict[str, Any]

    @property
    def classes(self) -> List[str]:
        """list[str]: Names in label order."""
        return self.description['classes']

    @property
    def image_size(self) -> Tuple[int, int]:
        """tuple[int, int]: Height and width of the faces."""
        height, width = self.description['image_size']
        return height, width

    @property
    def calibration(self) -> Optional[Dict[str, Any]]:
        """dict, optional: Temperature and thresholds."""
        return self.description['calibration']

    def has(self, part: str) -> bool:
        """Return whether there is a file of ``FILES``."""
        return part in self.description['files']

    def read_part(self, part: str) -> bytes:
        """Read the file of a network, and check it.

        Args:
            part (str): A key of ``FILES``.

        Returns:
            bytes: Its content: of the recorded checksum, with operators of
            ONNX alone and all weights inside.

        Raises:
            UserError: If it is missing, was changed, or has anything else.
        """
        about = self.description['files'][part]
        path = inner_file(self.root, about['path'])
        size = osp.getsize(path) if osp.isfile(path) else None
        if size != about['bytes']:
            found = 'no such file' if size is None else f'{size} bytes'
            raise UserError(f'{path}: found {found}, expected '
                            f'{about["bytes"]} bytes as {EXPORT_FILE} '
                            f'says; {HINT}')
        with open(path, 'rb') as file:
            content = file.read(about['bytes'] + 1)
        found = hashlib.sha256(content).hexdigest()
        if found != about['sha256']:
            raise UserError(f'{path}: found SHA-256 {found[:12]}..., expected '
                            f'{about["sha256"][:12]}... as {EXPORT_FILE} '
                            f'says: the file was changed; {HINT}')
        check_contents(content, path)
        return content


def inner_file(root: str, name: str) -> str:
    """Name a file of the folder, which may be no link to the outside.

    Raises:
        UserError: If it is.
    """
    try:
        return contained_path(root, name, follow=True)
    except ValueError as error:
        raise UserError(str(error)) from None


def check_contents(content: bytes, path: str) -> None:
    """Refuse an ONNX file with custom operators or weights elsewhere.

    Raises:
        UserError: Naming ``path`` and what was found.
    """
    try:
        refused = find_refused(content)
    except ValueError as error:
        raise UserError(f'{path}: no ONNX file ({error}); {HINT}') from None
    if refused:
        raise UserError(
            f'{path}: has {", ".join(refused[:3])}; expected operators of '
            'ONNX and weights in the file, as `mmfermtl export` writes them')


def read_model_folder(root: str) -> ModelFolder:
    """Read the description of an exported model.

    Args:
        root (str): The folder.

    Returns:
        ModelFolder: All its files are there and unchanged.

    Raises:
        UserError: If it is no such folder, malformed, or a file is missing
            or was changed.
    """
    path = inner_file(root, EXPORT_FILE)
    if not osp.isfile(path):
        raise UserError(f'{root}: found no {EXPORT_FILE}, expected the folder '
                        'of an exported model; make one with `mmfermtl '
                        'export`, to the end')
    if os.path.getsize(path) > MAX_JSON_BYTES:
        raise UserError(f'{path}: larger than {MAX_JSON_BYTES >> 20} MB; '
                        f'{HINT}')
    description = read_json(path, SHAPE, HINT)
    files = description['files']
    edits = {'encoder', 'decoder'}
    if not files or len(edits
                        & set(files)) == 1 or ('recogniser_int8' in files
                                               and 'recogniser' not in files):
        raise UserError(f'{path}: found the files {", ".join(files) or "{}"}, '
                        'expected a recogniser, an encoder with its decoder, '
                        f'or all; {HINT}')
    if bool(description['features']) != ('decoder' in files):
        raise UserError(f'{path}: found {description["features"]} features, '
                        'expected some for a decoder, and none without; '
                        f'{HINT}')
    if description['calibration'] is not None:
        check_calibration(description['calibration'], path,
                          description['classes'])
    folder = ModelFolder(root, description)
    for part in files:
        if part not in FILES:
            raise UserError(f'{path}: found the file {part!r:.40}, expected '
                            f'some of {", ".join(FILES)}; {HINT}')
        folder.read_part(part)
    return folder
