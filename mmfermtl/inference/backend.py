"""What runs the network: PyTorch, or ONNX Runtime without it."""
import abc
from typing import Any, List, NamedTuple, Optional, Tuple

import numpy as np

#: Weights that are used if none are named.
DEFAULT_WEIGHTS = 'fermtl_tiny_ferplus'
#: File that makes a folder an exported model.
EXPORT_FILE = 'model.json'
BACKENDS = ('torch', 'onnx')


class DecodedFaces(NamedTuple):
    """What a generator gives."""
    #: ``(N, H, W)`` uint8, grey.
    faces: np.ndarray
    #: From where each pixel of a face was taken before anything is added,
    #: relative to itself, as ``(x, y)`` in pixels, ``(N, 2, H, W)`` float32;
    #: None if the generator displaces nothing.
    flow: Optional[np.ndarray] = None


class Backend(abc.ABC):
    """A network for aligned grey faces."""

    #: What the network is called in results.
    name: str = 'model'
    #: Names of the expressions in label order.
    classes: List[str]
    #: Height and width of the faces in pixels.
    image_size: Tuple[int, int]
    #: Temperature and thresholds, see
    #: :mod:`mmfermtl.inference.calibrated_scores`; None if not calibrated.
    calibration: Optional[dict] = None
    #: Whether there is a generator.
    can_edit: bool = False

    @abc.abstractmethod
    def predict(self, faces: np.ndarray) -> np.ndarray:
        """Classify faces.

        Args:
            faces (np.ndarray): ``(N, H, W)`` uint8, grey.

        Returns:
            np.ndarray: Logits ``(N, E)`` float32, up to a constant for each
            face.
        """

    @abc.abstractmethod
    def encode(self, faces: np.ndarray) -> Any:
        """Compute what :meth:`decode` needs of faces, once for all targets.

        Args:
            faces (np.ndarray): ``(N, H, W)`` uint8, grey.

        Returns:
            Any: Features of the ``N`` faces, for :meth:`decode` alone.

        Raises:
            UserError: If there is no generator.
        """

    @abc.abstractmethod
    def decode(self, features: Any, targets: np.ndarray) -> DecodedFaces:
        """Generate faces with other expressions.

        Args:
            features (Any): Of :meth:`encode`, for ``N`` faces.
            targets (np.ndarray): Probability vectors ``(N, E)`` float32.

        Returns:
            DecodedFaces: The ``N`` faces.
        """


def in_pixels(flow: np.ndarray) -> np.ndarray:
    """Turn a flow ``(N, 2, H, W)`` in halves of the image into pixels."""
    height, width = flow.shape[2:]
    half = np.array([width, height], np.float32).reshape(2, 1, 1) / 2
    return flow.astype(np.float32) * half
