"""Collect what a figure shows of a calibration."""
from typing import List

import numpy as np

from ...evaluation.functional.calibration import (confidence_bins,
                                                  selective_accuracy)
from ...visualization.reliability_diagram import Curve, ReliabilityCurves
from .calibrate_model import CalibrationRun, Measured


def list_curves(run: CalibrationRun) -> List[ReliabilityCurves]:
    """Compute the curves of each set that a calibration was measured on."""
    return [_curves(one) for one in run.measured]


def _curves(one: Measured) -> ReliabilityCurves:
    found = one.found
    rows = np.arange(len(found.labels))
    chances = one.after.probabilities
    hits = chances.argmax(1) == found.labels
    asked = np.array(sorted(one.after.sets))
    coverage, sizes = [], []
    for key in asked:
        inside = one.after.sets[key]
        coverage.append(
            np.average(inside[rows, found.labels], weights=found.weights))
        sizes.append(float(np.average(inside.sum(1), weights=found.weights)))
    return ReliabilityCurves(
        one.name, _bins(one.before, one), _bins(chances, one),
        selective_accuracy(chances.max(1), hits, found.weights),
        (asked, np.array(coverage)), sizes)


def _bins(probabilities: np.ndarray, one: Measured) -> Curve:
    hits = probabilities.argmax(1) == one.found.labels
    sure, right, _ = confidence_bins(
        probabilities.max(1), hits, True, one.found.weights)
    return sure, right
