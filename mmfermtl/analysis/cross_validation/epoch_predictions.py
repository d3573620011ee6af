"""Read the predictions of a run, and select epochs by them."""
import os.path as osp
import re
from glob import glob
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, read_json

Row = Dict[str, Any]
#: Scores are clipped to it before the logarithm.
_MIN_SCORE = 1e-7
#: The fields that identify a sample, and its label.
SAMPLE_SHAPE = {
    'dataset?': (str, None),
    'subject?': (str, int, None),
    'sequence?': (str, int, None),
    'frame_index?': (int, None),
    'img_path?': (str, None),
    'gt_label': int
}
_ROW_SHAPE = {
    'split?': (str, None),
    'pred_label': int,
    'scores': [NUMBER],
    **SAMPLE_SHAPE
}
_SHAPE = dict(epoch=(int, None), classes=[str], samples=[_ROW_SHAPE])


def predictions_path(run_dir: str, epoch: Optional[int] = None) -> str:
    """Return the file with the predictions of an epoch, or of a test."""
    name = 'test' if epoch is None else f'epoch_{epoch:03d}'
    return osp.join(run_dir, 'predictions', f'{name}.json')


def list_epochs(run_dir: str) -> List[int]:
    """List the epochs of a work directory that have predictions, sorted."""
    names = glob('epoch_*.json', root_dir=osp.join(run_dir, 'predictions'))
    found = (re.fullmatch(r'epoch_(\d+)\.json', name) for name in names)
    return sorted(int(match[1]) for match in found if match)


def read_epoch(run_dir: str, epoch: int, split: str = 'test') -> List[Row]:
    """Read the predictions of an epoch for the samples of a split.

    The rows are those of
    :func:`~mmfermtl.engine.prediction_collector.describe_predictions`.
    """
    return _read_split(run_dir, epoch, split)


def read_test(work_dir: str, split: str = 'test') -> List[Row]:
    """Read the predictions of a test, as :func:`read_epoch`."""
    return _read_split(work_dir, None, split)


def _read_split(run_dir: str, epoch: Optional[int], split: str) -> List[Row]:
    rows = [
        row for row in _read(run_dir, epoch)['samples']
        if row.get('split') == split
    ]
    if not rows:
        raise UserError(f'{predictions_path(run_dir, epoch)} has no sample of '
                        f'split {split!r}; {_hint(run_dir)}')
    return rows


def read_classes(run_dir: str, epoch: int) -> List[str]:
    """Read the class names from the predictions of an epoch."""
    return _read(run_dir, epoch)['classes']


def _hint(run_dir: str) -> str:
    return f'remove the folder {run_dir} and run it again'


def _read(run_dir: str, epoch: Optional[int]) -> Dict[str, Any]:
    """Read a file and require labels and scores of its classes."""
    path = predictions_path(run_dir, epoch)
    content = read_json(path, _SHAPE, _hint(run_dir))
    number = len(content['classes'])
    for k, row in enumerate(content['samples']):
        labels = row['gt_label'], row['pred_label']
        if len(row['scores']) != number or not (-1 <= min(labels) <=
                                                max(labels) < number):
            raise UserError(
                f'{path}: samples[{k}] has the labels {labels} and '
                f'{len(row["scores"])} scores, expected those of {number} '
                f'classes; {_hint(run_dir)}')
    return content


def choose_epochs(run_dir: str, nested: bool) -> Dict[str, int]:
    """Select the epochs that the scores of a run are taken from.

    On the test fold this is the earliest of the best epochs, as in the
    official releases. On the inner validation fold many epochs classify
    every image correctly; the lower cross-entropy decides between these.

    Returns:
        dict[str, int]: ``'last'``, and ``'nested'`` or ``'best_on_test'``.
    """
    epochs = list_epochs(run_dir)
    if not epochs:
        raise UserError(f'{run_dir} has no predictions; was it validated?')
    ranked = []
    for epoch in epochs:
        rows = read_epoch(run_dir, epoch, 'inner_val' if nested else 'test')
        scores = [row['scores'][row['gt_label']] for row in rows]
        logs = np.log(np.maximum(scores, _MIN_SCORE))
        entropy = float(-logs.mean()) if nested else 0.
        ranked.append((-count_hits(rows), entropy, epoch))
    name = 'nested' if nested else 'best_on_test'
    return {'last': epochs[-1], name: min(ranked)[-1]}


def count_hits(rows: Sequence[Row]) -> int:
    """Count the samples that are classified correctly."""
    return sum(row['pred_label'] == row['gt_label'] for row in rows)
