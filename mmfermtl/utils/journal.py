import json
import logging
import os.path as osp
import shutil
from glob import glob
from typing import Any, ContextManager, Dict

from mmengine.logging import print_log

from .atomic_files import write_whole
from .contained_files import contained_path
from .file_lock import lock_folder
from .json_documents import read_json

JOURNAL_FOLDER = '.preparing'
_OPTIONS = 'options.json'
_OPTIONS_SHAPE = dict(dataset=str, options=dict)


class Journal:
    """Record what a preparation has finished so far.

    This is a folder in the prepared tree with a file for each finished
    sequence, written after its crops. It exists until the tree is finished.

    Args:
        out_root (str): Folder of the prepared tree.
    """

    def __init__(self, out_root: str) -> None:
        self.root = out_root
        self.folder = osp.join(out_root, JOURNAL_FOLDER)

    @property
    def exists(self) -> bool:
        """bool: Whether a preparation was started and not finished."""
        return osp.isdir(self.folder)

    def lock(self) -> ContextManager[None]:
        """Keep other runs out of the tree.

        Raises:
            ValueError: If another run uses it, or the journal or its lock is a
                link to elsewhere.
        """
        contained_path(self.root, f'{JOURNAL_FOLDER}/lock', follow=True)
        return lock_folder(
            self.folder,
            'making this tree',
            'wait for its end or stop it',
            name='lock')

    def begin(self, dataset: str, options: Dict[str, Any]) -> None:
        """Record the dataset class and the options of a preparation."""
        self._write(_OPTIONS, dict(dataset=dataset, options=options))

    def read_options(self) -> Dict[str, Any]:
        """Read what :meth:`begin` recorded; empty if nothing."""
        return self._read(_OPTIONS, _OPTIONS_SHAPE)

    def write(self, name: str, row: Dict[str, Any]) -> None:
        """Record the result of a finished sequence by the name of its task."""
        self._write(osp.join('sequences', f'{name}.json'), row)

    def read(self, shape: Any) -> Dict[str, Dict[str, Any]]:
        """Read all finished sequences by the name of their task.

        Damaged files are left out, and all if their options are not known.
        For the shape of a row see :mod:`json_documents`.
        """
        if not self.read_options():
            return {}
        paths = glob('sequences/*.json', root_dir=self.folder)
        rows = {
            osp.basename(path)[:-len('.json')]: self._read(path, shape)
            for path in sorted(paths)
        }
        return {name: row for name, row in rows.items() if row}

    def remove(self) -> None:
        """Remove it, because the tree is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, content: Dict[str, Any]) -> None:
        text = json.dumps(content, sort_keys=True) + '\n'
        path = contained_path(self.root, osp.join(JOURNAL_FOLDER, name))
        write_whole(path, text.encode())

    def _read(self, name: str, shape: Any) -> Dict[str, Any]:
        path = osp.join(self.folder, name)
        if not osp.isfile(path):
            return {}
        try:
            return read_json(path, shape,
                             'it is ignored, and its sequence made again')
        except ValueError as error:
            print_log(str(error), logger='current', level=logging.WARNING)
            return {}
