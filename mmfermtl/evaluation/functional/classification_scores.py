"""Score a classifier by its confusion matrix."""
from typing import Any, Dict, Hashable, List, Sequence, Tuple

import numpy as np
from numpy.typing import ArrayLike


def count_confusion(labels: ArrayLike, predictions: ArrayLike,
                    num_classes: int) -> np.ndarray:
    """Count how often each class is predicted as each class.

    Args:
        labels (Sequence[int]): Ground truth ``(N, )``.
        predictions (Sequence[int]): Predicted classes ``(N, )``.
        num_classes (int): Number of classes ``E``.

    Returns:
        np.ndarray: ``(E, E)`` int64; rows are ground truth, columns
        predictions.

    Raises:
        ValueError: If the lengths differ or a class is not in [0, E).
    """
    labels, predictions = (
        np.asarray(x, np.int64) for x in (labels, predictions))
    if labels.shape != predictions.shape or labels.ndim != 1:
        raise ValueError(f'{labels.shape} labels and {predictions.shape} '
                         'predictions; expected as many of each')
    # A negative class would silently count as one from the end.
    both = np.concatenate([labels, predictions])
    if both.size and not 0 <= both.min() <= both.max() < num_classes:
        raise ValueError(f'classes from {both.min()} to {both.max()} found; '
                         f'expected 0 to {num_classes - 1}')
    confusion = np.zeros((num_classes, num_classes), np.int64)
    # Unlike +=, add.at counts repeated pairs.
    np.add.at(confusion, (labels, predictions), 1)
    return confusion


def score_confusion(confusion: np.ndarray) -> Dict[str, np.ndarray]:
    """Compute accuracy, UAR, macro F1 and recalls, of many matrices at once.

    Args:
        confusion (np.ndarray): ``(..., E, E)``, rows are ground truth,
            columns predictions. Counts may be fractions, as means over runs
            are.

    Returns:
        dict[str, np.ndarray]: In percent, of shape ``(...)``: ``'accuracy'``;
        ``'uar'``, the unweighted mean of the recalls; ``'macro_f1'``, that
        of the F1 scores; and ``'recalls'`` ``(..., E)``. Classes without a
        sample have recall NaN and count in no mean; without any sample all
        scores are NaN.
    """
    confusion = np.asarray(confusion, np.float64)
    # (..., E)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    true, predicted = confusion.sum(-1), confusion.sum(-2)
    present = true > 0
    classes = present.sum(-1)
    with np.errstate(invalid='ignore', divide='ignore'):
        recalls = np.where(present, right / true, np.nan)
        f1 = np.where(present, 2 * right / (true + predicted), 0)
        scores = dict(
            accuracy=right.sum(-1) / true.sum(-1),
            uar=np.where(present, recalls, 0).sum(-1) / classes,
            macro_f1=f1.sum(-1) / classes,
            recalls=recalls)
    return {name: 100 * value for name, value in scores.items()}


def average_frames(keys: Sequence[Hashable],
                   scores: np.ndarray) -> Tuple[List[Any], np.ndarray]:
    """Average the class scores of the frames of each sequence.

    Args:
        keys (Sequence[Hashable]): The sequence of each frame ``(N, )``.
        scores (np.ndarray): Class scores ``(N, E)``.

    Returns:
        tuple[list[Hashable], np.ndarray]: The sequences in order of their
        first frame, ``M`` of them, and their scores ``(M, E)``.
    """
    # Position of each sequence by its first frame.
    order = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    index = [order[key] for key in keys]
    scores = np.asarray(scores, np.float64)
    sums = np.zeros((len(order), scores.shape[1]))
    np.add.at(sums, index, scores)
    counts = np.bincount(index, minlength=len(order))
    return list(order), sums / counts[:, None]
