"""Compare the identities of face images by the vectors of an embedder."""
from typing import Dict, Sequence

import numpy as np


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors ``(N, D)`` to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def identity_bounds(vectors: np.ndarray, subjects: Sequence[str],
                    sequences: Sequence[str]) -> Dict[str, float]:
    """Compute reference cosines: real images of one subject, and of two.

    Args:
        vectors (np.ndarray): ``(N, D)``, one per real image.
        subjects (Sequence[str]): Subject of each image, ``N``.
        sequences (Sequence[str]): Sequence of each image, ``N``. Frames of
            one sequence are nearly the same image, so their pairs do not
            count.

    Returns:
        dict[str, float]: ``same_subject`` (mean cosine of two images of a
        subject in different sequences), ``different_subjects``, and ``auc``,
        the probability that a pair of the first kind is more similar than one
        of the second. A kind without pairs is left out.
    """
    units = unit_vectors(np.asarray(vectors, np.float64))
    cosines = units @ units.T
    subject, sequence = np.array(subjects), np.array(sequences)
    above = np.triu(np.ones(cosines.shape, bool), 1)  # each pair once
    one = subject[:, None] == subject
    same = cosines[above & one & (sequence[:, None] != sequence)]
    different = cosines[above & ~one]
    found = {}
    if len(same):
        found['same_subject'] = float(same.mean())
    if len(different):
        found['different_subjects'] = float(different.mean())
    if len(found) == 2:
        # The Mann-Whitney statistic: ties count half.
        ordered = np.sort(different)
        below = np.searchsorted(ordered, same, 'left')
        upto = np.searchsorted(ordered, same, 'right')
        found['auc'] = float((below + upto).mean() / 2 / len(ordered))
    return found
