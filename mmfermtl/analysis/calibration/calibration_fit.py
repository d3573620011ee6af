"""Fit a calibration, and cross-fit it to measure it."""
import math
from typing import Dict, NamedTuple, Sequence

import numpy as np

from ...evaluation.functional.calibration import (MAX_TEMPERATURE,
                                                  MIN_TEMPERATURE,
                                                  fit_temperature,
                                                  temperature_softmax)
from ...evaluation.functional.conformal import (class_thresholds,
                                                prediction_sets,
                                                required_units, worst_scores)
from ...evaluation.functional.logit_adjustment import (class_frequencies,
                                                       fit_strength)
from ...utils.errors import UserError
from ...utils.logit_adjustment import adjust_probabilities
from .held_out_logits import HeldOutLogits

#: Parts of the cross-fitting.
FOLDS = 5
#: Sets of classes ``(N, E)`` bool by coverage.
Sets = Dict[float, np.ndarray]


class Calibrated(NamedTuple):
    """Calibrated outputs for ``N`` images."""

    #: ``(N, E)``.
    probabilities: np.ndarray
    #: ``(N, E)``, corrected for the frequencies of the classes.
    balanced: np.ndarray
    sets: Sets


class Fit(NamedTuple):
    """A fitted calibration."""

    temperature: float
    #: ``(E, )`` by coverage.
    thresholds: Dict[float, np.ndarray]
    #: Whether each is of the class alone ``(E, )`` bool, by coverage.
    own: Dict[float, np.ndarray]
    #: How often each class occurs ``(E, )``, and the strength with which
    #: this is corrected in balanced probabilities.
    frequencies: np.ndarray
    strength: float

    def apply(self, logits: np.ndarray) -> Calibrated:
        """Calibrate logits ``(N, E)``."""
        probabilities = temperature_softmax(logits, self.temperature)
        return Calibrated(
            probabilities,
            adjust_probabilities(probabilities, self.frequencies,
                                 self.strength),
            {
                coverage: prediction_sets(probabilities, row)
                for coverage, row in self.thresholds.items()
            })


def fit_calibration(found: HeldOutLogits, coverages: Sequence[float]) -> Fit:
    """Fit a calibration on all that was found.

    For the temperature each sequence has the weight of one; its score is the
    worst one of its frames.

    Raises:
        ValueError: If there are too few sequences for a coverage.
    """
    temperature = fit_temperature(found.logits, found.labels, found.weights)
    probabilities = temperature_softmax(found.logits, temperature)
    true = probabilities[np.arange(len(found.labels)), found.labels]
    scores = worst_scores(1 - true, found.sequences)
    thresholds, own = {}, {}
    for coverage in coverages:
        thresholds[coverage], own[coverage] = class_thresholds(
            scores, found.sequence_labels, found.logits.shape[1], coverage)
    frequencies = class_frequencies(found.labels, found.logits.shape[1],
                                    found.weights)
    strength = fit_strength(probabilities, found.labels, frequencies,
                            found.weights)
    return Fit(temperature, thresholds, own, frequencies, strength)


def cross_fit(found: HeldOutLogits, coverages: Sequence[float]) -> Calibrated:
    """Calibrate each subject by the others, in :data:`FOLDS` parts.

    Returns:
        Calibrated: As of unseen subjects.
    """
    held_out = _parts(found)
    joined = Calibrated(
        np.empty_like(found.logits), np.empty_like(found.logits),
        {c: np.empty(found.logits.shape, bool)
         for c in coverages})
    for part in range(FOLDS):
        fit = fit_calibration(
            found.keep_sequences(held_out != part), coverages)
        rows = (held_out == part)[found.sequences]
        part_of = fit.apply(found.logits[rows])
        joined.probabilities[rows] = part_of.probabilities
        joined.balanced[rows] = part_of.balanced
        for coverage in coverages:
            joined.sets[coverage][rows] = part_of.sets[coverage]
    return joined


def _parts(found: HeldOutLogits) -> np.ndarray:
    """Divide the subjects; the part of each sequence ``(S, )``."""
    number = int(found.subjects.max()) + 1
    parts = np.random.default_rng(0).permutation(number) % FOLDS
    return parts[found.subjects]


def check_units(found: HeldOutLogits, coverages: Sequence[float],
                place: str) -> None:
    """Refuse too few sequences, also for the cross-fitting.

    Raises:
        UserError: If so; ``place`` says where they are from.
    """
    number = int(found.subjects.max()) + 1
    kind = 'subjects' if found.subjects_known else 'images'
    if number < FOLDS:
        raise UserError(f'{place} has {number} {kind}; expected at least '
                        f'{FOLDS}, to measure the calibration on others than '
                        'those that it was fitted on')
    sizes = np.bincount(_parts(found), minlength=FOLDS)
    least, total = len(found.subjects) - int(sizes.max()), int(sizes.sum())
    for coverage in coverages:
        needed = required_units(coverage)
        if least < needed:
            most = math.floor(100 * least / (least + 1)) / 100
            raise UserError(
                f'{place} has {total} sequences, {least} without a fifth of '
                f'the {kind}; a coverage of {coverage:g} needs {needed}: ask '
                f'for --coverage of at most {most:.2f}, or '
                'calibrate on more subjects')


def check_temperature(fit: Fit, place: str) -> None:
    """Refuse a temperature at the end of the range that is searched."""
    inner = MIN_TEMPERATURE * 1.01 < fit.temperature < MAX_TEMPERATURE / 1.01
    if not inner:
        found = ('no image is classified wrongly, so that nothing tells how '
                 'sure to be' if fit.temperature < 1 else
                 'the outputs say nothing about the expression')
        raise UserError(f'{place}: no temperature from {MIN_TEMPERATURE:g} to '
                        f'{MAX_TEMPERATURE:g} is the best ({found}); '
                        'calibrate on more or other subjects, or train again')
