"""Validate calibrations, which come as a file or with published weights."""
import os
import os.path as osp
import re
from typing import Any, Dict, Optional, Sequence

from .errors import UserError
from .json_documents import Rule, equals, find_misfit, read_json

FORMAT = 'mmfermtl-calibration-1'
SCORE = '1-p'
HINT = 'make it anew with tools/calibrate.py'
#: More than any calibration has.
MAX_CLASSES = 1000
MAX_COVERAGES = 100
MAX_BYTES = 1 << 20


def coverage_key(coverage: float) -> str:
    """Write a coverage as in a calibration, such as ``'0.9'``."""
    return f'{coverage:.4f}'.rstrip('0')


def _is_number(value: Any, low: float, high: float) -> bool:
    # Python counts True among the numbers; NaN is not between any two.
    return type(value) in (int, float) and low <= value <= high


def _are_classes(value: Any) -> bool:
    return (isinstance(value, list) and 2 <= len(value) <= MAX_CLASSES and all(
        isinstance(name, str) and 0 < len(name) <= 100 for name in value)
            and len(set(value)) == len(value))


def _are_quantiles(value: Any) -> bool:
    return isinstance(
        value, dict) and 1 <= len(value) <= MAX_COVERAGES and all(
            isinstance(key, str) and re.fullmatch(r'0\.[0-9]{0,3}[1-9]', key)
            and isinstance(row, list) and 1 <= len(row) <= MAX_CLASSES and all(
                _is_number(q, 0, 1) for q in row)
            for key, row in value.items())


def _is_adjustment(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {
        'strength', 'class_frequencies'
    } and (_is_number(value['strength'], 0, 1)
           and isinstance(value['class_frequencies'], list)
           and all(_is_number(f, 1e-6, 1) for f in value['class_frequencies']))


_SHAPE = {
    'format':
    equals(FORMAT),
    'temperature':
    Rule('a number from 0.01 to 100', lambda v: _is_number(v, 0.01, 100)),
    'classes':
    Rule('a list of 2 to 1000 different names', _are_classes),
    'score':
    equals(SCORE),
    'quantiles':
    Rule("lists of thresholds from 0 to 1 by coverage, such as '0.9'",
         _are_quantiles),
    'logit_adjustment?':
    Rule(
        'a strength from 0 to 1 and class_frequencies, numbers above 0 up to '
        '1', _is_adjustment),
    'fitted_on?':
    dict,
    'measured?':
    dict,
}


def check_calibration(content: Any,
                      place: str,
                      classes: Optional[Sequence[str]] = None) -> Dict:
    """Require that a value is a calibration.

    Args:
        content (Any): What was read.
        place (str): Where from, for messages.
        classes (Sequence[str], optional): Those of the model, in label
            order. Defaults to None, not known.

    Returns:
        dict: The content.

    Raises:
        UserError: If it is malformed, or of other classes.
    """
    misfit = find_misfit(content, _SHAPE)
    if misfit:
        raise UserError(f'{place}: no calibration ({misfit}); {HINT}')
    number = len(content['classes'])
    for key, row in content['quantiles'].items():
        if len(row) not in (1, number):
            raise UserError(
                f'{place}: quantiles.{key} has {len(row)} thresholds, '
                f'expected 1 or one for each of {number} classes; {HINT}')
    adjustment = content.get('logit_adjustment')
    if adjustment and len(adjustment['class_frequencies']) != number:
        raise UserError(f'{place}: logit_adjustment.class_frequencies has '
                        f'{len(adjustment["class_frequencies"])} numbers, '
                        f'expected one for each of {number} classes; {HINT}')
    if classes is not None and content['classes'] != list(classes):
        raise UserError(f'{place}: a calibration for the classes '
                        f'{", ".join(content["classes"])}, but the model has '
                        f'{", ".join(classes)}: calibrate this model')
    return content


def read_calibration(path: str,
                     classes: Optional[Sequence[str]] = None) -> Dict:
    """Read the file of a calibration, see :func:`check_calibration`."""
    if osp.isfile(path) and os.path.getsize(path) > MAX_BYTES:
        raise UserError(f'{path}: larger than {MAX_BYTES} bytes, and so no '
                        f'calibration; {HINT}')
    return check_calibration(read_json(path, dict, HINT), path, classes)
