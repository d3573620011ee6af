"""Compare two cross-validations sample by sample."""
import os.path as osp
from typing import Any, Dict, List, NamedTuple

import numpy as np

from ...evaluation.functional import count_discordant, paired_difference
from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, read_json
from .collect_results import DRAWS, PREDICTIONS, RESULTS
from .epoch_predictions import SAMPLE_SHAPE
from .pooled_predictions import PooledPredictions, describe_sample_difference
from .pooled_scores import score_predictions, sequence_hits
from .sample_subsets import keep_samples, list_subsets

HINT = ('run tools/cross_validate.py again with --collect, which writes it '
        'anew')
_RESULTS_SHAPE = dict(
    config=str,
    config_sha256=str,
    complete=bool,
    num_folds=int,
    **{'development_folds?': [int]})
_SEED_SHAPE = dict(seed=int, pred_label=[int], scores=[[NUMBER]])
_SELECTION_SHAPE = dict(
    samples=[dict(SAMPLE_SHAPE, fold=int)], seeds=[_SEED_SHAPE])
_PREDICTIONS_SHAPE = dict(
    config_sha256=str, classes=[str], selections={str: _SELECTION_SHAPE})


class Study(NamedTuple):
    """What a comparison needs of a study."""

    path: str
    config: str
    config_sha256: str
    classes: List[str]
    complete: bool
    num_folds: int
    development: List[int]
    pooled: PooledPredictions


def read_study(path: str, selection: str) -> Study:
    """Read the predictions of a study.

    Args:
        path (str): Folder that ``tools/cross_validate.py`` wrote.
        selection (str): Which epoch's, such as ``'last'``.

    Returns:
        Study: The study.

    Raises:
        ValueError: If a file is missing or damaged, or the selection was not
            run.
    """
    results = read_json(osp.join(path, RESULTS), _RESULTS_SHAPE, HINT)
    file = osp.join(path, PREDICTIONS)
    content = read_json(file, _PREDICTIONS_SHAPE, HINT)
    if content['config_sha256'] != results['config_sha256']:
        raise UserError(f'{file} is of another config than {RESULTS}; {HINT}')
    if selection not in content['selections']:
        raise UserError(f'{path} has no selection {selection!r}, only '
                        f'{", ".join(content["selections"])}')
    try:
        chosen = content['selections'][selection]
        samples, seeds = chosen['samples'], chosen['seeds']
        pooled = PooledPredictions(
            samples, [row['seed'] for row in seeds],
            np.array([row['pred_label'] for row in seeds], np.int64),
            np.array([row['scores'] for row in seeds], np.float64))
        size = (len(samples), len(content['classes']))
        if (pooled.scores.shape[1:], pooled.labels.shape[1:]) != (size,
                                                                  size[:1]):
            raise ValueError(f'scores of shape {pooled.scores.shape}')
        if not len(samples) or not all(
                -1 <= label < size[1]
                for label in (*pooled.truth, *pooled.labels.flat)):
            raise ValueError('no samples, or labels that are no classes')
    except ValueError as error:
        raise UserError(f'{file} is damaged ({error}); {HINT}') from error
    return Study(path, results['config'], results['config_sha256'],
                 content['classes'], results['complete'], results['num_folds'],
                 results.get('development_folds', []), pooled)


def compare_runs(first: str,
                 second: str,
                 selection: str = 'last',
                 draws: int = DRAWS) -> Dict[str, Any]:
    """Compare two studies on the same folds and samples, seed by seed.

    Args:
        first (str): Folder of one study.
        second (str): Folder of the other.
        selection (str): ``'last'``, ``'nested'`` or ``'validation'``.
            Defaults to ``'last'``.
        draws (int): Draws of the bootstrap. Defaults to 10000.

    Returns:
        dict: All differences are the second's scores minus the first's, in
        points. ``studies`` describes both; ``seeds`` are those that both
        have; ``difference`` is that over images, see
        :func:`~mmfermtl.evaluation.functional.paired_difference`, and
        ``sequence_difference`` that over sequences; ``subsets`` has the
        differences over parts of the images, see
        :func:`~mmfermtl.analysis.cross_validation.sample_subsets.list_subsets`;
        ``mcnemar`` has the tests of each seed over images and sequences.

    Raises:
        UserError: If the studies are of other classes, folds or samples, or
            share no seed.
    """
    one, two = (read_study(path, selection) for path in (first, second))
    if one.classes != two.classes:
        raise UserError(f'{first} has the classes {one.classes}, {second} '
                        f'{two.classes}; compare runs of the same task')
    difference = describe_sample_difference(one.pooled.samples,
                                            two.pooled.samples)
    if difference:
        raise UserError(f'{first} and {second} were tested on different '
                        f'samples ({difference}); compare runs of the same '
                        'dataset and folds')
    seeds = sorted(set(one.pooled.seeds) & set(two.pooled.seeds))
    if not seeds:
        raise UserError(f'{first} has the seeds {one.pooled.seeds}, {second} '
                        f'{two.pooled.seeds}; compare runs that share some')
    pools = [_keep_seeds(study.pooled, seeds) for study in (one, two)]
    subsets = list_subsets(pools[0].samples,
                           {*one.development, *two.development})
    image_hits = [pool.labels == pool.truth for pool in pools]
    named = [sequence_hits(pool) for pool in pools]
    names, sequences = named[0][0], [hits for _, hits in named]
    return dict(
        selection=selection,
        seeds=seeds,
        folds=sorted(set(pools[0].folds.tolist())),
        complete=one.complete and two.complete,
        bootstrap_draws=draws,
        studies=[
            _describe(study, pool, draws)
            for study, pool in zip((one, two), pools)
        ],
        difference=_compare_images(pools, one.num_folds, draws),
        sequence_difference=paired_difference(
            _difference(sequences), [name[1:3] for name in names],
            [name[0] for name in names], one.num_folds, draws),
        subsets={
            name:
            _compare_images([keep_samples(pool, mask)
                             for pool in pools], one.num_folds, draws)
            for name, mask in subsets.items()
        },
        mcnemar=[
            dict(
                seed=seed,
                images=count_discordant(image_hits[0][k], image_hits[1][k]),
                sequences=count_discordant(sequences[0][k], sequences[1][k]))
            for k, seed in enumerate(seeds)
        ])


def _keep_seeds(pooled: PooledPredictions,
                seeds: List[int]) -> PooledPredictions:
    """Keep the predictions of some seeds."""
    places = [pooled.seeds.index(seed) for seed in seeds]
    return PooledPredictions(pooled.samples, seeds, pooled.labels[places],
                             pooled.scores[places])


def _compare_images(pools: List[PooledPredictions], num_folds: int,
                    draws: int) -> Dict[str, Any]:
    """Difference over images."""
    hits = [pool.labels == pool.truth for pool in pools]
    return paired_difference(
        _difference(hits), pools[0].subjects, pools[0].folds.tolist(),
        num_folds, draws)


def _difference(hits: List[np.ndarray]) -> np.ndarray:
    """Second minus first ``(S, N)``."""
    return hits[1].astype(np.float64) - hits[0]


def _describe(study: Study, pooled: PooledPredictions,
              draws: int) -> Dict[str, Any]:
    """Name a study and its scores over the common seeds."""
    scores = score_predictions(pooled, study.classes, draws)
    names = ('pooled_accuracy', 'mean_of_folds_accuracy', 'uar', 'macro_f1',
             'sequence_accuracy', 'num_images', 'num_sequences', 'folds')
    return dict(
        path=study.path,
        config=study.config,
        config_sha256=study.config_sha256,
        **{name: scores[name]
           for name in names})
