"""Keep the per-epoch history of a run in a file."""
import os.path as osp
from typing import Any, Dict, List, Sequence, Tuple

from mmengine.runner import Runner

from ..utils.json_documents import NUMBER, read_json, write_json

Row = Dict[str, Any]
_NUMBERS = {str: (*NUMBER, None)}
#: What ``history.json`` holds.
HISTORY_SHAPE = [{
    'epoch': int,
    'seconds?': NUMBER,
    'lr?': _NUMBERS,
    'train?': _NUMBERS,
    'val?': (dict, None)
}]


def resumed_rows(runner: Runner, path: str, shape: Any, unit: str,
                 name: str) -> List[Row]:
    """Read the rows of a file up to where a run is resumed.

    There are none for a new run, or with a warning if the file is damaged.
    ``unit``, the key of a row's number, is ``'epoch'`` or ``'iter'``.
    """
    done = getattr(runner, unit)
    if done == 0 or not osp.isfile(path):
        return []
    try:
        rows = read_json(path, shape)
    except ValueError as error:
        runner.logger.warning(f'The {name} is started again: {error}')
        return []
    return [row for row in rows if row[unit] <= done]


def count_trained(runner: Runner) -> Tuple[str, int, str]:
    """Count what was trained before a validation.

    Returns the unit, ``'epoch'`` or in a loop of iterations, where the epoch
    stays 0, ``'iter'``; their number; and both as the name of a file.
    """
    if runner.epoch or not runner.iter:
        return 'epoch', runner.epoch, f'epoch_{runner.epoch:03d}'
    return 'iter', runner.iter, f'iter_{runner.iter:06d}'


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
