"""Keep the per-epoch history of a run in a file."""
import os.path as osp
from typing import Any, Dict, List, Sequence

from ..utils.json_documents import NUMBER, read_json, write_json

Row = Dict[str, Any]
_NUMBERS = {str: (*NUMBER, None)}
_ROW_SHAPE = {
    'epoch': int,
    'seconds?': NUMBER,
    'lr?': _NUMBERS,
    'train?': _NUMBERS,
    'val?': (dict, None)
}


class RunHistory:
    """Rows of ``history.json``, one per epoch.

    A row has ``'epoch'`` (int, from 1), ``'seconds'`` (float, time in
    training and validation from the start of the run to this row, resumed
    parts included), ``'lr'`` (dict, learning rates at the start of the
    epoch), ``'train'`` (dict, means over the epoch) and ``'val'`` (dict of
    metrics, or None if the epoch was not validated).
    """

    def __init__(self, path: str, rows: Sequence[Row] = ()) -> None:
        self.path = path
        self.rows: List[Row] = list(rows)

    @staticmethod
    def read(path: str) -> List[Row]:
        """Read the rows of a file; none if there is no file.

        Raises:
            ValueError: If the file is not a history.
        """
        return read_json(path, [_ROW_SHAPE]) if osp.isfile(path) else []

    @property
    def seconds(self) -> float:
        """float: Time that the rows account for."""
        return self.rows[-1].get('seconds', 0.) if self.rows else 0.

    def row(self, epoch: int) -> Row:
        """Get the row of an epoch from 1 on, adding it if needed."""
        if not self.rows or self.rows[-1]['epoch'] != epoch:
            self.rows.append(
                dict(
                    epoch=epoch,
                    seconds=self.seconds,
                    lr={},
                    train={},
                    val=None))
        return self.rows[-1]

    def save(self) -> None:
        """Write the file in one step."""
        write_json(self.path, self.rows)
