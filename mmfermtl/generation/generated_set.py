import os
import os.path as osp
import re
from typing import Any, Dict, List, Optional

import cv2
import numpy as np

from ..datasets.generated.provenance import (IMAGE_SHAPE, PROVENANCE_NAME,
                                             format_provenance,
                                             read_provenance)
from ..utils.atomic_files import remove_partial_files, write_whole
from ..utils.contained_files import contained_path, file_sha256, remove_files
from ..utils.errors import UserError
from ..utils.file_tree import is_junk
from ..utils.journal import Journal

REPORT_NAME = 'report.md'
SHEET_NAME = 'contact_sheet.png'
_KIND = 'GeneratedFaces'
#: What the journal holds of a batch.
_BATCH_SHAPE = dict(
    images=[IMAGE_SHAPE], tried=int, refused={str: int}, refused_images=int)


class GeneratedSet:
    """The folder of a painted training set, finished or begun.

    Args:
        root (str): The folder; need not exist.
        header (dict): What the set depends on, for JSON. A set that was
            begun with another header is refused.
    """

    def __init__(self, root: str, header: Dict[str, Any]) -> None:
        self.root = root
        self.header = header
        self.journal = Journal(root)
        self._rows: Dict[str, Dict[str, Any]] = {}

    def check(self, overwrite: bool) -> None:
        """Compare what is there with what is wanted.

        Args:
            overwrite (bool): Whether a set of other options is removed.

        Raises:
            UserError: If the folder holds something else.
        """
        begun = self._begun()
        if begun is None:
            others = [
                name for name in sorted(
                    os.listdir(self.root) if osp.isdir(self.root) else [])
                if not is_junk(name)
            ]
            if others:
                raise UserError(f'--out {self.root}: found {others[0]} and no '
                                f'{PROVENANCE_NAME}, expected an empty folder '
                                'or none; give another')
            return
        differing = [
            f'{key}: {begun.get(key)!r:.120} there, '
            f'{self.header.get(key)!r:.120} now'
            for key in sorted({*begun, *self.header})
            if begun.get(key) != self.header.get(key)
        ]
        if differing and not overwrite:
            raise UserError(
                f'--out {self.root}: was painted otherwise '
                f'({"; ".join(differing)}); give the same arguments, another '
                'folder, or --overwrite to remove that set first')
        if differing:
            self.clear()

    def _begun(self) -> Optional[Dict[str, Any]]:
        """Header of the set that is there; None if there is none."""
        if osp.isfile(osp.join(self.root, PROVENANCE_NAME)):
            content = read_provenance(self.root)
            return {
                k: v
                for k, v in content.items()
                if k not in ('images', 'format', 'counts')
            }
        if self.journal.exists:
            return self.journal.read_options().get('options') or None
        return None

    def clear(self) -> None:
        """Remove the images of the set and all that is known of them."""
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
        """bool: Whether the set is there, each file as it was written."""
        if not osp.isfile(osp.join(self.root, PROVENANCE_NAME)):
            return False
        return self._whole(read_provenance(self.root)['images'])

    def begin(self) -> None:
        """Note what is being painted, and read what was done before."""
        remove_partial_files(self.root)
        remove_files(self.root, [PROVENANCE_NAME])
        self._rows = self.journal.read(_BATCH_SHAPE)
        self.journal.begin(_KIND, self.header)

    def done(self, name: str) -> Optional[Dict[str, Any]]:
        """What became of a batch, if it was painted and is whole."""
        row = self._rows.get(name)
        return row if row and self._whole(row['images']) else None

    def _whole(self, images: List[Dict[str, Any]]) -> bool:
        paths = [contained_path(self.root, row['path']) for row in images]
        return all(not osp.islink(path) and file_sha256(path) == row['sha256']
                   for path, row in zip(paths, images))

    def write_image(self, path: str, picture: np.ndarray) -> str:
        """Write a painted face as PNG.

        Args:
            path (str): Relative to the folder.
            picture (np.ndarray): ``(C, H, W)`` uint8, grey or BGR.

        Returns:
            str: SHA-256 of the file.
        """
        full = contained_path(self.root, path)
        image = picture.transpose(1, 2, 0)
        content = cv2.imencode('.png', np.ascontiguousarray(image))[1]
        write_whole(full, content.tobytes())
        return str(file_sha256(full))

    def write_row(self, name: str, row: Dict[str, Any]) -> None:
        """Note a finished batch, after its images."""
        self.journal.write(name, row)

    def finish(self, counts: Dict[str, Any], images: List[Dict[str, Any]],
               report: str, sheet: np.ndarray) -> None:
        """Write report and provenance, and forget the journal.

        Args:
            counts (dict): What was wanted, tried and refused.
            images (list[dict]): Rows of the provenance.
            report (str): Text for people.
            sheet (np.ndarray): Picture for people, ``(H, W, 3)`` BGR uint8.
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
    """Path of a painted face in its set.

    Args:
        expression (str): Its class.
        source (dict): ``subject``, ``sequence`` and ``frame_index``.
        number (int): Number of the candidate.

    Returns:
        str: For example ``'anger/S010_002_013_00007.png'``.
    """
    stem = '_'.join([
        str(source['subject']),
        str(source['sequence']), f'{source["frame_index"]:03d}'
    ])
    return f'{expression}/{re.sub(r"[^0-9A-Za-z._-]", "-", stem)}' \
           f'_{number:05d}.png'
