"""How alike faces are in the eyes of a network that tells persons apart."""
from typing import Dict, Sequence

import numpy as np


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors ``(N, D)`` to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def identity_bounds(vectors: np.ndarray, subjects: Sequence[str],
                    sequences: Sequence[str]) -> Dict[str, float]:
    """What cosines mean: those of real faces of one person, and of two.

    Args:
        vectors (np.ndarray): ``(N, D)`` of real faces.
        subjects (Sequence[str]): Person of each.
        sequences (Sequence[str]): Sequence of each. Frames of one sequence
            are nearly the same picture, so that their pairs do not count.

    Returns:
        dict[str, float]: ``same_subject`` (mean cosine of two faces of a
        person in different sequences), ``different_subjects``, and ``auc``,
        the chance that a pair of the first kind is more alike than one of
        the second. A kind without pairs is left out.
    """
    units = unit_vectors(np.asarray(vectors, np.float64))
    cosines = units @ units.T
    person, clip = np.array(subjects), np.array(sequences)
    above = np.triu(np.ones(cosines.shape, bool), 1)
    one = person[:, None] == person
    same = cosines[above & one & (clip[:, None] != clip)]
    different = cosines[above & ~one]
    found = {}
    if len(same):
        found['same_subject'] = float(same.mean())
    if len(different):
        found['different_subjects'] = float(different.mean())
    if len(found) == 2:
        ordered = np.sort(different)
        below = np.searchsorted(ordered, same, 'left')
        upto = np.searchsorted(ordered, same, 'right')
        found['auc'] = float((below + upto).mean() / 2 / len(ordered))
    return found
