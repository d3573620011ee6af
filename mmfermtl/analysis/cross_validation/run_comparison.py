"""Compare two cross-validations sample by sample."""
import os.path as osp
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np

from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, read_json
from .collect_results import PREDICTIONS, RESULTS
from .epoch_predictions import SAMPLE_SHAPE
from .intervals import DRAWS
from .paired_tests import (count_discordant, paired_difference,
                           paired_uar_difference)
from .pooled_predictions import (PooledPredictions, describe_sample_difference,
                                 list_subsets)
from .pooled_scores import score_predictions, sequence_hits

HINT = 'run tools/cross_validate.py again with --collect, which rewrites it'
_RESULTS_SHAPE = {
    'config': str,
    'config_sha256': str,
    'num_folds': int,
    'development_folds?': [int]
}
_SEED_SHAPE = dict(seed=int, pred_label=[int], scores=[[NUMBER]])
_SELECTION_SHAPE = dict(
    samples=[dict(SAMPLE_SHAPE, fold=int)], seeds=[_SEED_SHAPE])
_PREDICTIONS_SHAPE = dict(
    config_sha256=str, classes=[str], selections={str: _SELECTION_SHAPE})


def compare_runs(first: str,
                 second: str,
                 selection: str = 'last') -> Dict[str, Any]:
    """Compare two studies on the same folds and samples, seed by seed.

    Args:
        first (str): Folder that ``tools/cross_validate.py`` wrote.
        second (str): Folder of the other study.
        selection (str): ``'last'``, ``'tta'``, ``'nested'`` or
            ``'validation'``.
            Defaults to ``'last'``.

    Returns:
        dict: All differences are the second's scores minus the first's, in
        percentage points. ``studies`` describes both; ``seeds`` are those
        that both have; ``difference`` is that over images, see
        :func:`~mmfermtl.analysis.cross_validation.paired_tests.paired_difference`,
        ``sequence_difference`` that over sequences, ``subsets`` that over
        each subset of the images, and ``recall`` that over the images of
        each class, with their number ``images`` and the recalls ``first``
        and ``second`` in percent; ``uar_difference`` is that in mean recall,
        see :func:`~mmfermtl.analysis.cross_validation.paired_tests.\
paired_uar_difference`; ``mcnemar`` has the tests of each seed
        over images and sequences.

    Raises:
        ValueError: If a file is missing or damaged, or if the studies are of
            other classes, folds or samples, or share no seed.
    """
    one, pool_one = _read_study(first, selection)
    two, pool_two = _read_study(second, selection)
    if one['classes'] != two['classes']:
        raise UserError(f'{first} has the classes {one["classes"]}, {second} '
                        f'{two["classes"]}; compare runs of the same task')
    difference = describe_sample_difference(pool_one.samples, pool_two.samples)
    if difference:
        raise UserError(f'{first} and {second} were tested on different '
                        f'samples ({difference}); compare runs of the same '
                        'dataset and folds')
    seeds = sorted(set(pool_one.seeds) & set(pool_two.seeds))
    if not seeds:
        raise UserError(f'{first} has the seeds {pool_one.seeds}, {second} '
                        f'{pool_two.seeds}; compare runs that share some')
    pools = pool_one.keep_seeds(seeds), pool_two.keep_seeds(seeds)
    folds = sorted(set(pools[0].folds.tolist()))
    development = {*one['development'], *two['development']}
    names, before = sequence_hits(pools[0])
    after = sequence_hits(pools[1])[1]

    def compare_images(mask: np.ndarray) -> Dict[str, Any]:
        left, right = (pool.keep_samples(mask) for pool in pools)
        return paired_difference(left.hits, right.hits, left.subjects,
                                 left.folds.tolist(), one['num_folds'])

    return dict(
        selection=selection,
        seeds=seeds,
        folds=folds,
        # Of this selection, which both have on the same samples.
        complete=len(folds) == one['num_folds'] == two['num_folds'],
        bootstrap_draws=DRAWS,
        studies=[_describe(one, pools[0]),
                 _describe(two, pools[1])],
        difference=compare_images(np.ones(len(pools[0].samples), bool)),
        sequence_difference=paired_difference(before, after,
                                              [name[1:3] for name in names],
                                              [name[0] for name in names],
                                              one['num_folds']),
        subsets={
            name: compare_images(mask)
            for name, mask in list_subsets(pools[0].samples,
                                           development).items()
        },
        recall=_compare_recall(pools, one['classes'], compare_images),
        uar_difference=paired_uar_difference(pools[0].hits, pools[1].hits,
                                             pools[0].gt_labels,
                                             pools[0].subjects),
        mcnemar=[
            dict(
                seed=seed,
                images=count_discordant(pools[0].hits[k], pools[1].hits[k]),
                sequences=count_discordant(before[k], after[k]))
            for k, seed in enumerate(seeds)
        ])


def _compare_recall(
    pools: Sequence[PooledPredictions], classes: Sequence[str],
    compare: Callable[[np.ndarray], Dict[str,
                                         Any]]) -> Dict[str, Dict[str, Any]]:
    """Compare the recall of each class that has an image."""
    labels = np.array(pools[0].gt_labels)
    found = {}
    for k, name in enumerate(classes):
        mask = labels == k
        if mask.any():
            first, second = (100 * pool.hits[:, mask].mean() for pool in pools)
            found[name] = dict(
                compare(mask),
                images=int(mask.sum()),
                first=float(first),
                second=float(second))
    return found


def _read_study(path: str,
                selection: str) -> Tuple[Dict[str, Any], PooledPredictions]:
    """Read the facts of a study and the predictions of a selection."""
    if not osp.isdir(path):
        raise UserError(f'{path}: no such folder, expected that of a study, '
                        'which tools/cross_validate.py writes (--out)')
    results = read_json(osp.join(path, RESULTS), _RESULTS_SHAPE, HINT)
    file = osp.join(path, PREDICTIONS)
    content = read_json(file, _PREDICTIONS_SHAPE, HINT)
    if content['config_sha256'] != results['config_sha256']:
        raise UserError(f'{file} is of another config than {RESULTS}; {HINT}')
    if selection not in content['selections']:
        raise UserError(f'{path} has no selection {selection!r}, only '
                        f'{", ".join(content["selections"])}')
    seeds: List[Dict[str, Any]] = content['selections'][selection]['seeds']
    samples = content['selections'][selection]['samples']
    size = (len(seeds), len(samples), len(content['classes']))
    try:
        pooled = PooledPredictions(
            samples, [row['seed'] for row in seeds],
            np.array([row['pred_label'] for row in seeds], np.int64),
            np.array([row['scores'] for row in seeds], np.float64))
        labels = (*pooled.gt_labels, *pooled.labels.flat)
        if pooled.labels.shape != size[:2] or pooled.scores.shape != size:
            raise ValueError(f'scores of shape {pooled.scores.shape}')
        if not labels or not -1 <= min(labels) <= max(labels) < size[2]:
            raise ValueError('no samples, or labels that are no classes')
    except ValueError as error:
        raise UserError(f'{file} is damaged ({error}); {HINT}') from error
    facts = dict(
        results,
        path=path,
        classes=content['classes'],
        development=results.get('development_folds', []))
    return facts, pooled


def _describe(study: Dict[str, Any],
              pooled: PooledPredictions) -> Dict[str, Any]:
    """Name a study, with its scores over the common seeds."""
    facts = {**study, **score_predictions(pooled, study['classes'])}
    names = ('path', 'config', 'config_sha256', 'pooled_accuracy',
             'mean_of_folds_accuracy', 'uar', 'macro_f1', 'sequence_accuracy',
             'num_images', 'num_sequences', 'folds')
    return {name: facts[name] for name in names}
