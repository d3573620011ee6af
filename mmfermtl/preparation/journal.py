import json
import os
import os.path as osp
import shutil
from typing import Any, ContextManager, Dict

from ..file_lock import lock_folder
from .prepared_files import write_whole

JOURNAL_FOLDER = '.preparing'
_OPTIONS = 'options.json'


class Journal:
    """What a preparation has finished so far.

    A folder in the prepared tree with a file for each finished sequence,
    written after its crops. It is there as long as the tree is not finished.

    Args:
        out_root (str): Folder of the prepared tree.
    """

    def __init__(self, out_root: str) -> None:
        self.folder = osp.join(out_root, JOURNAL_FOLDER)

    @property
    def exists(self) -> bool:
        """bool: Whether a preparation was begun and not finished."""
        return osp.isdir(self.folder)

    def lock(self) -> ContextManager[None]:
        """Keep other runs away from the tree; the system ends it with us.

        Returns:
            ContextManager: Raises a ValueError if another run is at it.
        """
        return lock_folder(
            self.folder,
            'making this tree',
            'wait for its end or stop it',
            name='lock')

    def begin(self, dataset: str, options: Dict[str, Any]) -> None:
        """Note what is being prepared.

        Args:
            dataset (str): Class name.
            options (dict): Options of the preparation.
        """
        self._write(_OPTIONS, dict(dataset=dataset, options=options))

    def read_options(self) -> Dict[str, Any]:
        """What was noted by :meth:`begin`.

        Returns:
            dict: ``dataset`` and ``options``; empty if nothing was noted.
        """
        return self._read(_OPTIONS)

    def write(self, name: str, row: Dict[str, Any]) -> None:
        """Note a finished sequence.

        Args:
            name (str): Name of the task.
            row (dict): What became of it.
        """
        self._write(osp.join('sequences', f'{name}.json'), row)

    def read(self) -> Dict[str, Dict[str, Any]]:
        """All finished sequences.

        Returns:
            dict: Rows by the name of the task; damaged files are passed
            over, and all if it is not known with which options they were
            made.
        """
        if not self.read_options():
            return {}
        folder = osp.join(self.folder, 'sequences')
        names = sorted(os.listdir(folder)) if osp.isdir(folder) else []
        rows = {
            name[:-len('.json')]: self._read(osp.join('sequences', name))
            for name in names if name.endswith('.json')
        }
        return {name: row for name, row in rows.items() if row}

    def remove(self) -> None:
        """Remove it, for the tree is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, content: Dict[str, Any]) -> None:
        text = json.dumps(content, sort_keys=True) + '\n'
        write_whole(osp.join(self.folder, name), text.encode())

    def _read(self, name: str) -> Dict[str, Any]:
        try:
            with open(osp.join(self.folder, name), encoding='utf-8') as file:
                content = json.load(file)
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
