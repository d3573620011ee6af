import os
import os.path as osp
import re
from typing import Any, Dict, List, Optional

import cv2
import numpy as np

from ..datasets.generated.provenance import (IMAGE_SHAPE, PROVENANCE_NAME,
                                             format_provenance, present_keys,
                                             read_provenance)
from ..utils.atomic_files import remove_partial_files, write_whole
from ..utils.contained_files import contained_path, file_sha256, remove_files
from ..utils.errors import UserError
from ..utils.file_tree import is_junk
from ..utils.journal import Journal

REPORT_NAME = 'report.md'
SHEET_NAME = 'contact_sheet.png'
#: Keys that the headers of older sets lack.
_ADDED_KEYS = ('fold_over', )
#: Shape of a batch in the journal.
_BATCH_SHAPE = dict(
    images=[IMAGE_SHAPE], tried=int, refused={str: int}, refused_images=int)


class GeneratedSet:
    """The folder of a generated training set, finished or not.

    Sets and journals of the first version, which has other keys, can be read,
    trained on and resumed, see
    :func:`~mmfermtl.datasets.generated.provenance.present_keys`.

    Args:
        root (str): The folder; need not exist.
        header (dict): All that the set depends on, ready for JSON.
    """

    def __init__(self, root: str, header: Dict[str, Any]) -> None:
        self.root = root
        self.header = header
        self.journal = Journal(root)
        self._batches: Dict[str, Dict[str, Any]] = {}

    def check(self, overwrite: bool) -> None:
        """Refuse a folder that holds other files or a set of another header.

        The latter is removed with ``overwrite``.

        Raises:
            UserError: If the folder is refused.
        """
        before = self._stored_header()
        if before is None:
            found = os.listdir(self.root) if osp.isdir(self.root) else []
            others = [name for name in sorted(found) if not is_junk(name)]
            if others:
                raise UserError(f'--out {self.root}: found {others[0]} and no '
                                f'{PROVENANCE_NAME}, expected an empty folder '
                                'or none; give another')
            return
        differing = [
            f'{key}: {before.get(key)!r:.120} there, '
            f'{self.header.get(key)!r:.120} now'
            for key in sorted({*before, *self.header})
            if _differs(key, before.get(key), self.header.get(key)) and (
                key in before or key not in _ADDED_KEYS)
        ]
        if differing and not overwrite:
            raise UserError(
                f'--out {self.root}: was generated with other arguments '
                f'({"; ".join(differing)}); give the same arguments, another '
                'folder, or --overwrite to remove that set first')
        if differing:
            self.clear()

    def _stored_header(self) -> Optional[Dict[str, Any]]:
        """Read the header of the set in the folder; None if there is none."""
        if osp.isfile(osp.join(self.root, PROVENANCE_NAME)):
            content = read_provenance(self.root)
            return {
                k: v
                for k, v in content.items()
                if k not in ('images', 'format', 'counts')
            }
        if self.journal.exists:
            header = self.journal.read_options().get('options')
            return present_keys(header) if header else None
        return None

    def clear(self) -> None:
        """Remove the images of the set, its provenance and its journal."""
        rows = list(self.journal.read(_BATCH_SHAPE).values())
        if osp.isfile(osp.join(self.root, PROVENANCE_NAME)):
            rows.append(read_provenance(self.root))
        # The provenance goes first: without it the rest is unfinished.
        remove_files(self.root, [PROVENANCE_NAME, REPORT_NAME, SHEET_NAME])
        remove_files(
            self.root,
            [image['path'] for row in rows for image in row['images']])
        self.journal.remove()

    @property
    def finished(self) -> bool:
        """bool: Whether the set is complete and no image was changed."""
        if not osp.isfile(osp.join(self.root, PROVENANCE_NAME)):
            return False
        return self._is_intact(read_provenance(self.root)['images'])

    def begin(self) -> None:
        """Start the journal, or read the batches of an unfinished run."""
        remove_partial_files(self.root)
        remove_files(self.root, [PROVENANCE_NAME])
        self._batches = {
            name: present_keys(row)
            for name, row in self.journal.read(_BATCH_SHAPE).items()
        }
        self.journal.begin('GeneratedFaces', self.header)

    def find_batch(self, name: str) -> Optional[Dict[str, Any]]:
        """Return a batch of an earlier run; None if it must be generated."""
        row = self._batches.get(name)
        return row if row and self._is_intact(row['images']) else None

    def _is_intact(self, images: List[Dict[str, Any]]) -> bool:
        """Whether all images have the recorded checksums."""
        paths = [contained_path(self.root, row['path']) for row in images]
        return all(not osp.islink(path) and file_sha256(path) == row['sha256']
                   for path, row in zip(paths, images))

    def write_image(self, path: str, image: np.ndarray) -> str:
        """Write an image ``(C, H, W)`` uint8, grey or BGR, as PNG.

        The path is relative to the folder; the SHA-256 is returned.
        """
        full = contained_path(self.root, path)
        rows = np.ascontiguousarray(image.transpose(1, 2, 0))
        write_whole(full, cv2.imencode('.png', rows)[1].tobytes())
        return str(file_sha256(full))

    def write_batch(self, name: str, row: Dict[str, Any]) -> None:
        """Record a batch whose images are written."""
        self.journal.write(name, row)

    def finish(self, counts: Dict[str, Any], images: List[Dict[str, Any]],
               report: str, sheet: np.ndarray) -> None:
        """Write report and provenance, and remove the journal.

        The provenance has the counts of each class and the rows of images;
        the contact sheet is ``(H, W, 3)`` uint8 BGR.
        """
        write_whole(osp.join(self.root, REPORT_NAME), report.encode())
        write_whole(
            osp.join(self.root, SHEET_NAME),
            cv2.imencode('.png', sheet)[1].tobytes())
        content = dict(self.header, counts=counts, images=images)
        write_whole(
            osp.join(self.root, PROVENANCE_NAME), format_provenance(content))
        self.journal.remove()


def image_name(expression: str, source: Dict[str, Any], number: int) -> str:
    """Build a path such as ``'anger/S010_002_013_00007.png'``."""
    stem = (f'{source["subject"]}_{source["sequence"]}_'
            f'{source["frame_index"]:03d}')
    # Names of subjects may come from a user's folders.
    stem = re.sub(r'[^0-9A-Za-z._-]', '-', stem)
    return f'{expression}/{stem}_{number:05d}.png'


def _differs(key: str, before: Any, now: Any) -> bool:
    """Tell whether two values of a header differ.

    Sets of published weights had a checksum of the config's name.
    """
    if key == 'config' and now['sha256'] is None and isinstance(before, dict):
        before = dict(before, sha256=None)
    return before != now
