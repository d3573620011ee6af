"""The per-epoch history of a run, as a file that outlives interruptions."""
import json
import math
import os
import os.path as osp
import tempfile
from typing import Any, Dict, List, Optional

import numpy as np
import torch

from ..utils.json_documents import NUMBER, read_json

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

    Args:
        path (str): The file.
        rows (List[dict], optional): Rows to begin with.
    """

    def __init__(self, path: str, rows: List[Row] = ()) -> None:
        self.path = path
        self.rows: List[Row] = list(rows)

    @staticmethod
    def read(path: str) -> List[Row]:
        """Read the rows of a file.

        Args:
            path (str): The file.

        Returns:
            List[dict]: The rows; none if there is no file.

        Raises:
            ValueError: If the file is not a history.
        """
        if not osp.isfile(path):
            return []
        return read_json(path, [_ROW_SHAPE])

    @property
    def seconds(self) -> float:
        """float: Time that the rows account for."""
        return self.rows[-1].get('seconds', 0.) if self.rows else 0.

    def row(self, epoch: int) -> Row:
        """Get the row of an epoch, adding it if needed.

        Args:
            epoch (int): Epoch, counted from 1, not before the last row's.

        Returns:
            dict: The row.
        """
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


def write_json(path: str, value: Any, indent: Optional[int] = 2) -> None:
    """Write a JSON file that is never seen half-written.

    Args:
        path (str): The file.
        value (Any): What to write; see :func:`plain`.
        indent (int, optional): Spaces a level, None for a single line.
            Defaults to 2.
    """
    folder = osp.dirname(osp.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with tempfile.NamedTemporaryFile(
            'w', dir=folder, suffix='.tmp', delete=False,
            encoding='utf-8') as file:
        try:
            json.dump(plain(value), file, indent=indent, allow_nan=False)
            file.write('\n')
        except BaseException:
            os.unlink(file.name)
            raise
    # Temporary files are private; the result gets the usual permissions.
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(file.name, 0o666 & ~mask)
    os.replace(file.name, path)


def plain(value: Any) -> Any:
    """Turn tensors, arrays and numpy numbers into what JSON can hold.

    Args:
        value (Any): Nested dicts and sequences of values.

    Returns:
        Any: The same of plain Python values. Numbers that are not finite
        become None, for JSON has no name for them.
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (torch.Tensor, np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
