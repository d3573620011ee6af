"""Read the predictions of a run's epochs, and choose one of them."""
import os.path as osp
import re
from glob import escape, glob
from typing import Any, Dict, List, Sequence

import numpy as np

from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, read_json

Row = Dict[str, Any]
#: Below it, the logarithm of a score is that of this one.
_FLOOR = 1e-7
#: What tells a sample from all others.
SAMPLE_SHAPE = {
    'dataset?': (str, None),
    'subject?': (str, int, None),
    'sequence?': (str, int, None),
    'frame_index?': (int, None),
    'img_path?': (str, None),
    'gt_label': int
}
_SHAPE = dict(
    epoch=(int, None),
    classes=[str],
    samples=[{
        'split?': (str, None),
        'pred_label': int,
        'scores': [NUMBER],
        **SAMPLE_SHAPE
    }])


def list_epochs(run_dir: str) -> List[int]:
    """Epochs of a run that have predictions.

    Args:
        run_dir (str): Work directory of the run.

    Returns:
        list[int]: In order.
    """
    found = []
    pattern = osp.join(escape(run_dir), 'predictions', 'epoch_*.json')
    for path in glob(pattern):
        match = re.fullmatch(r'epoch_(\d+)\.json', osp.basename(path))
        if match:
            found.append(int(match.group(1)))
    return sorted(found)


def read_epoch(run_dir: str, epoch: int, split: str = 'test') -> List[Row]:
    """Read what was predicted after an epoch.

    Args:
        run_dir (str): Work directory of the run.
        epoch (int): Epoch, counted from 1.
        split (str): ``'test'`` or ``'inner_val'``. Defaults to ``'test'``.

    Returns:
        list[dict]: The rows of the samples of this split, see
        :func:`~mmfermtl.engine.prediction_collector.describe_predictions`.

    Raises:
        ValueError: If the file is missing or damaged.
    """
    content = _read(run_dir, epoch)
    rows = [row for row in content['samples'] if row.get('split') == split]
    if not rows:
        raise UserError(f'{_path(run_dir, epoch)} has no sample of split '
                        f'{split!r}; remove the folder {run_dir} and run it '
                        'again')
    return rows


def read_classes(run_dir: str, epoch: int) -> List[str]:
    """Names of the classes, in label order; otherwise as above."""
    return list(_read(run_dir, epoch)['classes'])


def _path(run_dir: str, epoch: int) -> str:
    return osp.join(run_dir, 'predictions', f'epoch_{epoch:03d}.json')


def _read(run_dir: str, epoch: int) -> Dict[str, Any]:
    """Read a file whose labels and scores are of its classes."""
    path = _path(run_dir, epoch)
    hint = f'remove the folder {run_dir} and run it again'
    content = read_json(path, _SHAPE, hint)
    number = len(content['classes'])
    for k, row in enumerate(content['samples']):
        labels = (row['gt_label'], row['pred_label'])
        if len(row['scores']) != number or not all(-1 <= label < number
                                                   for label in labels):
            raise UserError(
                f'{path}: samples[{k}] has the labels {labels} and '
                f'{len(row["scores"])} scores, expected those of {number} '
                f'classes; {hint}')
    return content


def choose_epochs(run_dir: str, nested: bool) -> Dict[str, int]:
    """Choose the epochs that a run is judged by.

    On the test fold the earliest of the best epochs counts, which is what
    the releases keep. On the inner validation fold, where many epochs get
    every face right, the lower cross-entropy decides between these.

    Args:
        run_dir (str): Work directory of a run.
        nested (bool): Whether it has an inner validation fold.

    Returns:
        dict[str, int]: ``'last'``, and ``'nested'`` or ``'best_on_test'``.

    Raises:
        UserError: If no epoch was predicted.
    """
    epochs = list_epochs(run_dir)
    if not epochs:
        raise UserError(f'{run_dir} has no predictions; was it validated?')
    scored = []
    for epoch in epochs:
        rows = read_epoch(run_dir, epoch, 'inner_val' if nested else 'test')
        entropy = cross_entropy(rows) if nested else 0.
        scored.append((-count_hits(rows), entropy, epoch))
    name = 'nested' if nested else 'best_on_test'
    return {'last': epochs[-1], name: min(scored)[-1]}


def count_hits(rows: Sequence[Row]) -> int:
    """Number of samples that are read rightly."""
    return sum(row['pred_label'] == row['gt_label'] for row in rows)


def cross_entropy(rows: Sequence[Row]) -> float:
    """Mean negative logarithm of the true class's score, in nats."""
    true = [row['scores'][row['gt_label']] for row in rows]
    return float(-np.log(np.maximum(true, _FLOOR)).mean())
