"""Pool the predictions of all folds."""
from typing import Any, Collection, Dict, List, NamedTuple, Sequence

import numpy as np

from ...registry import DATASETS
from ...utils.errors import UserError
from .augmented_test import read_augmented_test
from .epoch_predictions import SAMPLE_SHAPE, read_epoch
from .run_key import RunKey
from .study_folder import StudyFolder

Sample = Dict[str, Any]
IDENTITY = tuple(name.rstrip('?') for name in SAMPLE_SHAPE)


class Selection(NamedTuple):
    """A way to select the epoch of each run, and what it is measured on."""

    nested: bool
    #: Which of the epochs in ``done.json``, or ``'tta'``.
    epoch: str
    split: str
    #: What the score may be used for.
    note: str


SELECTIONS = dict(
    last=Selection(False, 'last', 'test', 'the result: the last epoch'),
    best_on_test=Selection(False, 'best_on_test', 'test',
                           'selected on the test folds: no result'),
    tta=Selection(
        False, 'tta', 'test', 'the last epoch with test-time augmentation, '
        'which by default is the mean over the image and its mirror image'),
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
    samples: List[Sample]
    seeds: List[int]
    #: Predicted classes ``(S, N)`` int64.
    labels: np.ndarray
    #: Class scores ``(S, N, E)`` float64.
    scores: np.ndarray

    @property
    def gt_labels(self) -> np.ndarray:
        """np.ndarray: Ground-truth classes ``(N, )`` int64."""
        return np.array([s['gt_label'] for s in self.samples], np.int64)

    @property
    def hits(self) -> np.ndarray:
        """np.ndarray: Whether each prediction is right ``(S, N)`` bool."""
        return self.labels == self.gt_labels

    @property
    def folds(self) -> np.ndarray:
        """np.ndarray: Fold of each sample ``(N, )`` int64."""
        return np.array([s['fold'] for s in self.samples], np.int64)

    @property
    def subjects(self) -> List[tuple]:
        """list[tuple]: Dataset and subject of each sample."""
        return [(s['dataset'], s['subject']) for s in self.samples]

    @property
    def sequences(self) -> List[tuple]:
        """list[tuple]: Sequence of each sample, distinct by label."""
        return [(s['fold'], s['dataset'], s['subject'], s['sequence'],
                 s['gt_label']) for s in self.samples]

    def keep_samples(self, mask: np.ndarray) -> 'PooledPredictions':
        """Keep the samples of a mask ``(N, )`` bool, of all seeds."""
        return self._replace(
            samples=[s for s, yes in zip(self.samples, mask) if yes],
            labels=self.labels[:, mask],
            scores=self.scores[:, mask])

    def average_seeds(self) -> 'PooledPredictions':
        """Average the scores of the seeds, as an ensemble of them does."""
        scores = self.scores.mean(0, keepdims=True)
        return self._replace(
            seeds=self.seeds[:1], labels=scores.argmax(2), scores=scores)

    def keep_seeds(self, seeds: List[int]) -> 'PooledPredictions':
        """Keep the predictions of some seeds."""
        rows = [self.seeds.index(seed) for seed in seeds]
        return self._replace(
            seeds=seeds, labels=self.labels[rows], scores=self.scores[rows])


def pool_predictions(study: StudyFolder, done: Dict[RunKey, Dict[str, Any]],
                     selection: Selection) -> PooledPredictions:
    """Pool the folds of complete runs, given the ``done.json`` of each."""
    samples: Dict[int, List[Sample]] = {}
    rows: Dict[int, List[dict]] = {}
    for key in sorted(key for key in done if key.nested == selection.nested):
        run_dir = study.run_dir(key)
        if selection.epoch == 'tta':
            found = read_augmented_test(run_dir, selection.split)
        else:
            found = read_epoch(run_dir, done[key]['epochs'][selection.epoch],
                               selection.split)
        rows.setdefault(key.seed, []).extend(found)
        samples.setdefault(key.seed, []).extend(
            dict(fold=key.fold, **{name: row.get(name)
                                   for name in IDENTITY}) for row in found)
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


def _check_samples(path: str, samples: Sequence[Sample]) -> None:
    """Require every sample once, and each subject in one fold."""
    folds: Dict[tuple, int] = {}
    seen = set()
    for sample in samples:
        identity = tuple(sample[name] for name in IDENTITY)
        if identity in seen or sample['subject'] is None:
            raise UserError(f'{path}: sample {identity} was predicted twice, '
                            'or has no subject; expected each sample of the '
                            'test datasets once')
        seen.add(identity)
        fold = folds.setdefault(identity[:2], sample['fold'])
        if fold != sample['fold']:
            raise UserError(
                f'{path}: subject {"/".join(map(str, identity[:2]))} is in '
                f'the folds {fold} and {sample["fold"]}')


def describe_sample_difference(first: Sequence[Sample],
                               second: Sequence[Sample]) -> str:
    """Describe how the samples of two runs differ; empty if they do not."""
    if list(first) == list(second):
        return ''
    folds = [sorted({s['fold'] for s in side}) for side in (first, second)]
    if folds[0] != folds[1]:
        return f'folds {folds[0]} and {folds[1]}'
    keys = ('fold', *IDENTITY)
    sides = [{tuple(s.get(k) for k in keys)
              for s in side} for side in (first, second)]
    parts = [
        f'{len(rest)} only in the {name}, such as '
        f'{dict(zip(keys, min(rest, key=repr)))}'
        for name, rest in (('first', sides[0] - sides[1]),
                           ('second', sides[1] - sides[0])) if rest
    ]
    if not parts:
        return 'the same samples in another order'
    return f'{len(first)} and {len(second)} samples: {"; ".join(parts)}'


def list_subsets(samples: Sequence[Sample],
                 development: Collection[int]) -> Dict[str, np.ndarray]:
    """Select the subsets that are scored beside all ``N`` samples.

    These are masks ``(N, )`` bool by name, without empty ones and those of
    all samples.
    """
    reported = np.array([s['fold'] not in development for s in samples])
    reliable = np.array([not _is_doubtful(s) for s in samples])
    found = [('without the development folds', reported),
             ('without doubtful sequences', reliable)]
    if not reported.all() and not reliable.all():
        found.append(('without both', reported & reliable))
    return {name: m for name, m in found if m.any() and not m.all()}


def doubtful_sequences(samples: Sequence[Sample]) -> List[str]:
    """Name the sequences that their dataset lists as doubtful."""
    return sorted({
        f'{s["subject"]}/{s["sequence"]}'
        for s in samples if _is_doubtful(s)
    })


def _is_doubtful(sample: Sample) -> bool:
    # The name comes from a file: Registry.get() would import unknown names.
    DATASETS.import_from_location()
    dataset = DATASETS.module_dict.get(str(sample['dataset']))
    doubtful = getattr(dataset, 'DOUBTFUL_SEQUENCES', ())
    return (sample['subject'], sample['sequence']) in doubtful
