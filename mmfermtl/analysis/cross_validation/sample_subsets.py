"""Parts of the pooled samples that are scored beside the whole."""
from typing import Any, Dict, List, Sequence

import numpy as np

from ...registry import DATASETS
from .pooled_predictions import PooledPredictions

#: The folds that served to choose a config are left out.
REPORTED = 'without the development folds'
UNDOUBTED = 'without doubtful sequences'
BOTH = 'without both'


def list_subsets(samples: Sequence[Dict[str, Any]],
                 development: Sequence[int]) -> Dict[str, np.ndarray]:
    """Find the parts that a study is to be scored on, beside the whole.

    Args:
        samples (Sequence[dict]): The ``N`` pooled samples.
        development (Sequence[int]): Folds that were looked at to choose the
            config.

    Returns:
        dict[str, np.ndarray]: By name, whether each sample belongs to it
        ``(N, )`` bool. Those that equal the whole are left out, and so are
        those without a sample.
    """
    reported = np.array([s['fold'] not in development for s in samples])
    undoubted = np.array([not _is_doubtful(s) for s in samples])
    found = {
        REPORTED: reported,
        UNDOUBTED: undoubted,
    }
    if not reported.all() and not undoubted.all():
        found[BOTH] = reported & undoubted
    return {
        name: mask
        for name, mask in found.items() if mask.any() and not mask.all()
    }


def doubtful_sequences(samples: Sequence[Dict[str, Any]]) -> List[str]:
    """Name the doubtful sequences among some samples."""
    return sorted({
        f'{s["subject"]}/{s["sequence"]}'
        for s in samples if _is_doubtful(s)
    })


def keep_samples(pooled: PooledPredictions,
                 mask: np.ndarray) -> PooledPredictions:
    """Keep some samples of all seeds.

    Args:
        pooled (PooledPredictions): Predictions of ``N`` samples.
        mask (np.ndarray): Whether to keep each ``(N, )`` bool.

    Returns:
        PooledPredictions: Those of the kept ones.
    """
    return pooled._replace(
        samples=[s for s, yes in zip(pooled.samples, mask) if yes],
        labels=pooled.labels[:, mask],
        scores=pooled.scores[:, mask])


def _is_doubtful(sample: Dict[str, Any]) -> bool:
    """Whether the dataset itself says so."""
    # The name stands in a file. What no registry knows would be imported.
    DATASETS.import_from_location()
    dataset = DATASETS.module_dict.get(str(sample['dataset']))
    doubtful = getattr(dataset, 'DOUBTFUL_SEQUENCES', ())
    return (sample['subject'], sample['sequence']) in doubtful
