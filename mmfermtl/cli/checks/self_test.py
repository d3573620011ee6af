"""Run the shipped networks on a rendered face, and compare the result.

What to expect is recorded beside the weights, as ``NAME.selftest.json``.
"""
import os.path as osp
from importlib.util import find_spec
from typing import Any, Callable, Dict, List

from ...stack import missing_modules
from ...utils.errors import describe_file_error
from ...utils.json_documents import NUMBER, equals, read_json, write_json
from .check import NOTE, OK, PROBLEM, Check
from .detector import FACE
from .weights import FOLDER, SUFFIX, list_shipped

GROUP = 'self-test'
FORMAT = 'mmfermtl-selftest-1'
RECORD_SUFFIX = '.selftest.json'
#: By how much probabilities may differ. Those of PyTorch and ONNX Runtime
#: differ by 1e-5, of another build or processor by 1e-3, in integers by 1e-2.
TOLERANCE = 0.02
_SHAPE = {
    'format': equals(FORMAT),
    'classes': [str],
    'probabilities': [NUMBER],
    'tolerance': NUMBER,
}
_FIX = ('install the package again; if that does not help, report it with '
        'the output of `mmfermtl doctor --json`')


def _load(path: str) -> Any:
    from ...inference import load_backend
    return load_backend(path, device='cpu')


def record_path(weights: str) -> str:
    """Name the file of what to expect of weights or an exported model."""
    stem = weights[:-len(SUFFIX)] if weights.endswith(SUFFIX) else weights
    return f'{stem}{RECORD_SUFFIX}'


def run_self_tests(folder: str = FOLDER,
                   load: Callable[[str], Any] = _load) -> List[Check]:
    """Run each network of ``folder`` that this installation can run.

    Args:
        folder (str): Defaults to ``mmfermtl/weights``.
        load (Callable): Loads a network by its path. Defaults to
            :func:`mmfermtl.inference.load_backend`.
    """
    checks = [_run(path, load) for path in list_shipped(folder)]
    return checks or [
        Check(GROUP, 'recognition', NOTE, 'not run: there are no weights')
    ]


def record_self_test(weights: str,
                     tolerance: float = TOLERANCE,
                     load: Callable[[str], Any] = _load) -> Dict[str, Any]:
    """Record what to expect of weights, beside them.

    Args:
        weights (str): Published weights, or folder of an exported model.
        tolerance (float): By how much probabilities may differ.
        load (Callable): See :func:`run_self_tests`.

    Returns:
        dict: The content of the file.
    """
    backend = load(weights)
    record = dict(
        format=FORMAT,
        classes=list(backend.classes),
        probabilities=[round(score, 6) for score in _read_face(backend)],
        tolerance=tolerance)
    write_json(record_path(weights), record)
    return record


def _read_face(backend: Any) -> List[float]:
    """Compute the probability of each expression of the rendered face."""
    import cv2
    import numpy as np
    face = cv2.imread(FACE, cv2.IMREAD_GRAYSCALE)
    height, width = backend.image_size
    face = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    logits = backend.predict(face[None])[0].astype(np.float64)
    scores = np.exp(logits - logits.max())
    return (scores / scores.sum()).tolist()


def _run(path: str, load: Callable[..., Any]) -> Check:
    name, record_file = osp.basename(path), record_path(path)
    if not osp.isfile(record_file):
        return Check(GROUP, name, NOTE,
                     f'not run: {osp.basename(record_file)} is missing')
    if path.endswith(SUFFIX):
        missing = missing_modules()
    else:
        missing = [n for n in ('onnxruntime', ) if find_spec(n) is None]
    if missing:
        return Check(GROUP, name, NOTE,
                     f'not run: {", ".join(missing)} not installed')
    try:
        record = read_json(record_file, _SHAPE)
        backend = load(path)
        found = _read_face(backend)
    # Damaged weights, or whatever a package that does not fit raises.
    except Exception as error:
        text = describe_file_error(error) if isinstance(
            error, OSError) else f'{type(error).__name__}: {error}'
        return Check(GROUP, name, PROBLEM, text[:500], _FIX)
    return _compare(name, list(backend.classes), found, record)


def _compare(name: str, classes: List[str], found: List[float],
             record: Dict[str, Any]) -> Check:
    """Compare classes and probabilities with those that are recorded."""
    if classes != record['classes']:
        return Check(
            GROUP, name, PROBLEM, f'classes {", ".join(classes)}, expected '
            f'{", ".join(record["classes"])}', _FIX)
    differences = [
        abs(score - wanted)
        for score, wanted in zip(found, record['probabilities'])
    ]
    best = found.index(max(found))
    text = (f'{classes[best]} {found[best]:.4f}, probabilities within '
            f'{max(differences):.1e} of those recorded')
    # Not so of numbers that are none.
    if all(value <= record['tolerance'] for value in differences):
        return Check(GROUP, name, OK, text)
    return Check(GROUP, name, PROBLEM,
                 f'{text}, expected {record["tolerance"]:g}', _FIX)
