"""Calibrate a model on its validation subjects, and measure the result."""
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np
from mmengine.config import Config

from ...engine.checkpoints.checkpoint_check import (HeldOut,
                                                    check_expectations,
                                                    check_held_out)
from ...engine.checkpoints.training_facts import (describe_dataset,
                                                  fold_options, read_facts)
from ...evaluation.functional.calibration import temperature_softmax
from ...utils.calibration_file import FORMAT, SCORE, coverage_key
from ...utils.errors import UserError
from ...utils.json_documents import plain
from ..trained_classifier import TrainedClassifier
from .calibration_fit import (Calibrated, Fit, check_temperature, check_units,
                              cross_fit, fit_calibration)
from .calibration_scores import score_probabilities, score_sets
from .held_out_logits import (HeldOutLogits, build_test_set,
                              build_validation_set, compute_logits)

COVERAGES = (0.8, 0.9, 0.95)


class OtherSet(NamedTuple):
    """A dataset that the calibration is measured on, all of its images."""

    name: str
    cfg: Config


class Measured(NamedTuple):
    """The outputs of a model for a set, before and after calibration."""

    name: str
    found: HeldOutLogits
    #: ``(N, E)``.
    before: np.ndarray
    after: Calibrated

    def scores(self, classes: Sequence[str]) -> Dict[str, Any]:
        """dict: Sizes, and scores before, after and of the sets."""
        return dict(
            images=len(self.found.labels),
            sequences=len(self.found.subjects),
            subjects=(int(self.found.subjects.max()) +
                      1 if self.found.subjects_known else None),
            images_of_other_classes=self.found.left_out,
            before=score_probabilities(self.found, self.before),
            after=score_probabilities(self.found, self.after.probabilities),
            balanced=score_probabilities(self.found, self.after.balanced),
            sets=score_sets(self.found, self.after.sets, classes))


class CalibrationRun(NamedTuple):
    """The result of :func:`calibrate_model`."""

    #: Content of the file.
    document: Dict[str, Any]
    fit: Fit
    measured: List[Measured]


def calibrate_model(trained: TrainedClassifier,
                    cfg: Config,
                    coverages: Sequence[float] = COVERAGES,
                    test: bool = False,
                    others: Sequence[OtherSet] = (),
                    batch_size: int = 64) -> CalibrationRun:
    """Fit a calibration on validation subjects, and measure it.

    On the validation set it is measured by cross-fitting: each fifth of the
    subjects by what was fitted on the others.

    Args:
        trained (TrainedClassifier): The model, on its device.
        cfg (Config): Its datasets, see :func:`build_validation_set`.
        coverages (Sequence[float]): Shares of sets that shall hold the
            truth. Defaults to 0.8, 0.9 and 0.95.
        test (bool): Whether to measure on the test set, too. Defaults to
            False.
        others (Sequence[OtherSet]): Further sets to measure on.
        batch_size (int): Defaults to 64.

    Returns:
        CalibrationRun: The file, and what was measured.

    Raises:
        UserError: If there are too few sequences, or the model was trained
            on subjects of a set.
    """
    if not getattr(trained.model, 'with_head', True):
        raise UserError(f'{trained.path} has no head, so that it recognises '
                        'nothing; give a model with one')
    validation = build_validation_set(cfg, trained.pipeline)
    _check_subjects(trained, validation)
    found = compute_logits(trained.model, trained.classes, validation,
                           batch_size)
    place = f'the validation set ({type(validation).__name__})'
    check_units(found, coverages, place)
    fit = fit_calibration(found, coverages)
    check_temperature(fit, place)
    measured = [_cross_measure(found, coverages)]
    if test:
        dataset = build_test_set(cfg, trained.pipeline)
        _check_subjects(trained, dataset)
        _check_apart(validation, dataset)
        measured.append(_measure(trained, fit, 'test', dataset, batch_size))
    for other in others:
        dataset = build_test_set(other.cfg, trained.pipeline, whole=True)
        check_held_out(trained.record, trained.path, HeldOut.of([dataset]))
        measured.append(
            _measure(trained, fit, other.name, dataset, batch_size))
    return CalibrationRun(
        _document(trained, fit, validation, measured), fit, measured)


def _cross_measure(found: HeldOutLogits,
                   coverages: Sequence[float]) -> Measured:
    return Measured('validation', found, temperature_softmax(found.logits),
                    cross_fit(found, coverages))


def _measure(trained: TrainedClassifier, fit: Fit, name: str, dataset: Any,
             batch_size: int) -> Measured:
    """Apply a fitted calibration to a set that it was not fitted on."""
    found = compute_logits(trained.model, trained.classes, dataset, batch_size)
    return Measured(name, found, temperature_softmax(found.logits),
                    fit.apply(found.logits))


def _check_subjects(trained: TrainedClassifier, dataset: Any) -> None:
    """Refuse other classes, and subjects that were trained on."""
    name = f'checkpoint {trained.path}'
    check_expectations(
        read_facts(trained.record, trained.path), name,
        describe_dataset(dataset))
    try:
        check_held_out(trained.record, trained.path, HeldOut.of([dataset]))
    except ValueError as error:
        hint = ''
        if dataset.split == 'inner_val':
            hint = ('. To calibrate a dataset with folds, train with '
                    'train_dataloader.dataset.split=inner_train, which leaves '
                    "out the subjects of 'inner_val'")
        raise UserError(f'{error}{hint}') from error


def _check_apart(validation: Any, test: Any) -> None:
    """Refuse subjects that are both calibrated and tested on."""
    shared = set(HeldOut.of([validation]).subjects) & set(
        HeldOut.of([test]).subjects)
    if shared:
        raise UserError(
            f'{len(shared)} subjects are in the validation set and in the '
            'test set: a test would not be one of unseen subjects; set '
            'split=test of test_dataloader.dataset')


def _document(trained: TrainedClassifier, fit: Fit, validation: Any,
              measured: Sequence[Measured]) -> Dict[str, Any]:
    """Write down the calibration, what it is from and what was measured."""
    found = measured[0].found
    counts = np.bincount(found.sequence_labels, minlength=len(trained.classes))
    return plain(
        dict(
            format=FORMAT,
            temperature=fit.temperature,
            classes=trained.classes,
            score=SCORE,
            quantiles={
                coverage_key(c): row
                for c, row in fit.thresholds.items()
            },
            logit_adjustment=dict(
                strength=fit.strength, class_frequencies=fit.frequencies),
            fitted_on=dict(
                datasets=fold_options(validation),
                checkpoint_sha256=trained.sha256,
                images=len(found.labels),
                sequences=len(found.subjects),
                sequences_by_class=dict(zip(trained.classes, counts)),
                classes_without_own_threshold={
                    coverage_key(c): [
                        name for name, own in zip(trained.classes, row)
                        if not own
                    ]
                    for c, row in fit.own.items()
                }),
            measured={
                one.name: _rounded(one.scores(trained.classes))
                for one in measured
            }))


def _rounded(value: Any) -> Any:
    """Keep six digits after the point, all that can be read."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value
