from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..utils.calibration_file import (HINT, check_calibration, coverage_key,
                                      read_calibration)
from ..utils.errors import UserError
from ..utils.logit_adjustment import adjust_probabilities


class Calibration:
    """Turn logits into probabilities, and these into sets of classes.

    Made by ``tools/calibrate.py``; needs NumPy alone. A set holds the
    expression of a face as often as its coverage says, for faces like those
    of the calibration: coverage does not survive a change of data. A set of
    more than one class means that the model abstains.

    Args:
        document (dict): The content of the file, validated.

    Attributes:
        classes (list[str]): Names in label order.
        temperature (float): Divides the logits.
        document (dict): As given, with ``fitted_on`` and ``measured``.

    Examples:
        >>> found = Calibration.from_dict({
        ...     'format': 'mmfermtl-calibration-1', 'temperature': 2.,
        ...     'classes': ['anger', 'fear', 'neutral'], 'score': '1-p',
        ...     'quantiles': {'0.9': [.6, .9, .7]}})
        >>> found.sets(found.probabilities([[3., 2., -1.], [0., 9., 0.]]))
        [[0, 1], [1]]
    """

    def __init__(self, document: Dict[str, Any]) -> None:
        self.document = document
        self.classes: List[str] = document['classes']
        self.temperature = float(document['temperature'])

    @classmethod
    def from_dict(cls,
                  document: Any,
                  place: str = 'calibration',
                  classes: Optional[Sequence[str]] = None) -> 'Calibration':
        """Validate a calibration, such as that of published weights.

        Args:
            document (Any): What was read, from strangers, too.
            place (str): Where from, for messages. Defaults to
                ``'calibration'``.
            classes (Sequence[str], optional): Those of the model, which must
                be those of the calibration. Defaults to None, not compared.

        Raises:
            UserError: If it is malformed, or of other classes.
        """
        return cls(check_calibration(document, place, classes))

    @classmethod
    def from_file(cls,
                  path: str,
                  classes: Optional[Sequence[str]] = None) -> 'Calibration':
        """Read a file of ``tools/calibrate.py``, see :meth:`from_dict`."""
        return cls(read_calibration(path, classes))

    @property
    def coverages(self) -> List[float]:
        """list[float]: Those that sets can be asked for, sorted."""
        return sorted(map(float, self.document['quantiles']))

    def probabilities(self, logits: Any) -> np.ndarray:
        """Compute calibrated probabilities ``(N, E)`` of logits ``(N, E)``.

        The results are float64; each row has the order of its logits.

        Raises:
            ValueError: For logits of another shape.
        """
        scaled = np.asarray(logits, np.float64) / self.temperature
        self._check(scaled)
        powers = np.exp(scaled - scaled.max(1, keepdims=True, initial=-np.inf))
        return powers / powers.sum(1, keepdims=True)

    def balance(self, probabilities: Any, undo: bool = False) -> np.ndarray:
        """Correct probabilities for how often each class was trained on.

        Rare expressions are then found as well as frequent ones, at the
        price of frequent ones, see
        :mod:`mmfermtl.utils.logit_adjustment`. Sets are of
        the probabilities before: each class has a threshold of its own, so
        that its coverage does not depend on how frequent it is.

        Args:
            probabilities (np.ndarray): Of :meth:`probabilities`, ``(N, E)``.
            undo (bool): Whether to take it back. Defaults to False.

        Returns:
            np.ndarray: ``(N, E)`` float64.

        Raises:
            UserError: If the calibration is of a version before 0.2.
        """
        self._check(np.asarray(probabilities))
        found = self.document.get('logit_adjustment')
        if found is None:
            raise UserError('the calibration has no logit_adjustment, so '
                            f'that nothing can be balanced; {HINT}')
        return adjust_probabilities(
            probabilities, found['class_frequencies'],
            -found['strength'] if undo else found['strength'])

    def thresholds(self, coverage: float = 0.9) -> np.ndarray:
        """Return the largest ``1 - p`` of each class in a set, ``(E, )``.

        Raises:
            UserError: If the file has no such coverage.
        """
        found = self.document['quantiles'].get(coverage_key(coverage))
        if found is None:
            raise UserError(
                f'a coverage of {coverage:g} was not calibrated; found '
                f'{", ".join(f"{c:g}" for c in self.coverages)}: ask for one '
                'of these, or calibrate with --coverage')
        return np.broadcast_to(
            np.array(found, np.float64), (len(self.classes), ))

    def sets(self,
             probabilities: Any,
             coverage: float = 0.9) -> List[List[int]]:
        """List the classes that cannot be ruled out.

        Args:
            probabilities (np.ndarray): Of :meth:`probabilities`, ``(N, E)``.
            coverage (float): How often a set shall hold the truth, one of
                :attr:`coverages`. Defaults to 0.9.

        Returns:
            list[list[int]]: The labels of each set, the most probable one
            first; that one is always there. With more than one the model
            abstains.

        Raises:
            UserError: If the file has no such coverage.
        """
        probabilities = np.asarray(probabilities, np.float64)
        self._check(probabilities)
        inside = 1 - probabilities <= self.thresholds(coverage)
        order = np.argsort(-probabilities, axis=1, kind='stable')
        return [[int(k) for rank, k in enumerate(row) if not rank or keep[k]]
                for row, keep in zip(order, inside)]

    def _check(self, values: np.ndarray) -> None:
        if values.ndim != 2 or values.shape[1] != len(self.classes):
            raise ValueError(
                f'found an array {values.shape}, expected (N, '
                f'{len(self.classes)}) for {", ".join(self.classes)}')
