"""Put the predictions of all folds together."""
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np

from ...utils.errors import UserError
from .epoch_predictions import read_epoch
from .run_key import RunKey
from .study_folder import StudyFolder

#: What tells a sample from all others.
IDENTITY = ('dataset', 'subject', 'sequence', 'frame_index', 'img_path',
            'gt_label')


class Selection(NamedTuple):
    """A way to choose the epoch of each run, and what it is measured on."""

    nested: bool
    #: Which of the epochs in ``done.json``.
    epoch: str
    split: str
    #: What the number may be used for.
    note: str


SELECTIONS = dict(
    last=Selection(False, 'last', 'test', 'the result: the last epoch'),
    best_on_test=Selection(False, 'best_on_test', 'test',
                           'selected on the test folds: no result'),
    nested=Selection(
        True, 'nested', 'test',
        'epoch chosen on an inner validation fold, which was not trained on'),
    validation=Selection(
        True, 'last', 'inner_val',
        'inner validation folds, last epoch. Each is the test fold of another '
        'fold: a config chosen by all of them was chosen on the test images'))


class PooledPredictions(NamedTuple):
    """Predictions of the samples of all folds, by all seeds."""

    #: Dicts with ``fold`` and :data:`IDENTITY`, ``N`` of them.
    samples: List[Dict[str, Any]]
    seeds: List[int]
    #: Predicted classes ``(S, N)`` int64.
    labels: np.ndarray
    #: Class scores ``(S, N, E)``.
    scores: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """np.ndarray: True classes ``(N, )``."""
        return np.array([s['gt_label'] for s in self.samples], np.int64)

    @property
    def folds(self) -> np.ndarray:
        """np.ndarray: Fold of each sample ``(N, )``."""
        return np.array([s['fold'] for s in self.samples], np.int64)

    @property
    def subjects(self) -> List[tuple]:
        """list[tuple]: Dataset and subject of each sample."""
        return [(s['dataset'], s['subject']) for s in self.samples]

    @property
    def sequences(self) -> List[tuple]:
        """list[tuple]: Sequence of each sample; a label has its own."""
        return [(s['fold'], s['dataset'], s['subject'], s['sequence'],
                 s['gt_label']) for s in self.samples]


def pool_predictions(study: StudyFolder, done: Dict[RunKey, Dict[str, Any]],
                     selection: Selection) -> PooledPredictions:
    """Put the folds of complete runs together.

    Args:
        study (StudyFolder): The study.
        done (dict): What the complete runs left behind.
        selection (Selection): Which epoch, and which samples.

    Returns:
        PooledPredictions: Of the runs that the selection is about.

    Raises:
        UserError: If a sample or a subject is in two folds, or two seeds had
            different samples.
    """
    keys = sorted(key for key in done if key.nested == selection.nested)
    samples: Dict[int, List[dict]] = {}
    rows: Dict[int, List[dict]] = {}
    for key in keys:
        epoch = done[key]['epochs'][selection.epoch]
        for row in read_epoch(study.run_dir(key), epoch, selection.split):
            sample = {name: row.get(name) for name in IDENTITY}
            samples.setdefault(key.seed,
                               []).append(dict(fold=key.fold, **sample))
            rows.setdefault(key.seed, []).append(row)
    seeds = sorted(samples)
    first = samples[seeds[0]]
    _check_samples(study.path, first)
    for seed in seeds[1:]:
        difference = describe_sample_difference(first, samples[seed])
        if difference:
            raise UserError(
                f'{study.path}: the seeds {seeds[0]} and {seed} were tested '
                f'on different samples ({difference}); was the data folder '
                'changed in between?')
    return PooledPredictions(
        first, seeds,
        np.array([[r['pred_label'] for r in rows[s]] for s in seeds]),
        np.array([[r['scores'] for r in rows[s]] for s in seeds], np.float64))


def _check_samples(path: str, samples: Sequence[Dict[str, Any]]) -> None:
    """Require that every sample is there once, and a subject in one fold."""
    homes: Dict[tuple, int] = {}
    seen = set()
    for sample in samples:
        identity = tuple(sample[name] for name in IDENTITY)
        if identity in seen or sample['subject'] is None:
            raise UserError(f'{path}: sample {identity} was predicted twice, '
                            'or has no subject; expected each sample of the '
                            'test datasets once')
        seen.add(identity)
        person = (sample['dataset'], sample['subject'])
        home = homes.setdefault(person, sample['fold'])
        if home != sample['fold']:
            raise UserError(
                f'{path}: subject {"/".join(map(str, person))} is in the '
                f'folds {home} and {sample["fold"]}')


def describe_sample_difference(first: Sequence[Dict[str, Any]],
                               second: Sequence[Dict[str, Any]]) -> str:
    """Say in which samples two runs differ.

    Args:
        first (Sequence[dict]): Samples with ``fold`` and :data:`IDENTITY`.
        second (Sequence[dict]): The same of the other run.

    Returns:
        str: Empty if they are the same in the same order.
    """
    if list(first) == list(second):
        return ''
    folds = [sorted({s['fold'] for s in side}) for side in (first, second)]
    if folds[0] != folds[1]:
        return f'folds {folds[0]} and {folds[1]}'
    keys = ('fold', *IDENTITY)
    sides = [{tuple(s.get(k) for k in keys)
              for s in side} for side in (first, second)]
    only = [sorted(sides[a] - sides[1 - a], key=repr) for a in (0, 1)]
    if not any(only):
        return 'the same samples in another order'
    parts = [
        f'{len(rest)} only in the {name}, such as '
        f'{dict(zip(keys, rest[0]))}'
        for name, rest in zip(('first', 'second'), only) if rest
    ]
    return f'{len(first)} and {len(second)} samples: {"; ".join(parts)}'
