"""What runs the network: PyTorch, or ONNX Runtime without it."""
import abc
import os.path as osp
from importlib.util import find_spec
from typing import Any, List, Optional, Tuple

import numpy as np

from ..utils.errors import UserError

#: Weights that are used if none are named.
DEFAULT_WEIGHTS = 'fermtl_tiny_ferplus'
#: File that makes a folder an exported model.
EXPORT_FILE = 'model.json'
BACKENDS = ('torch', 'onnx')


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
    def decode(self, features: Any, targets: np.ndarray) -> np.ndarray:
        """Generate faces with other expressions.

        Args:
            features (Any): Of :meth:`encode`, for ``N`` faces.
            targets (np.ndarray): Probability vectors ``(N, E)`` float32.

        Returns:
            np.ndarray: ``(N, H, W)`` uint8, grey.
        """


def load_backend(model: Optional[str] = None,
                 weights: Optional[str] = None,
                 device: Optional[str] = None,
                 backend: Optional[str] = None) -> Backend:
    """Load a network, without running code from its files.

    Args:
        model (str, optional): A folder of ``mmfermtl export``; a name of the
            shipped weights or of the model index; published weights
            (``*.safetensors``); or a config, which needs ``weights``.
            Defaults to None, the shipped weights.
        weights (str, optional): Checkpoint of a config, published weights,
            or the folder of an exported model. Defaults to None.
        device (str, optional): Such as ``'cpu'`` or ``'cuda:0'``. Defaults
            to None: a GPU if there is one.
        backend (str, optional): ``'torch'`` or ``'onnx'``. Defaults to None:
            ``'onnx'`` for the folder of an exported model, else ``'torch'``.

    Returns:
        Backend: The network, ready to use.

    Raises:
        UserError: If there is no such model, or what runs it is missing.
    """
    if backend not in (None, *BACKENDS):
        raise UserError(f"backend {backend!r}: expected 'torch' or 'onnx'")
    if model is None and weights is not None and osp.isdir(weights):
        model, weights = weights, None
    exported = model is not None and osp.isfile(osp.join(model, EXPORT_FILE))
    if backend == 'onnx' or (backend is None and exported):
        if model is None or not exported:
            raise UserError(
                f'model {model}: the ONNX backend needs a folder with '
                f'{EXPORT_FILE}; make one with `mmfermtl export`')
        if weights is not None:
            raise UserError(f'weights {weights}: the exported model {model} '
                            'has its own; leave them out')
        from .onnx_backend import OnnxBackend
        return OnnxBackend(model, device=device)
    if exported:
        raise UserError(f'model {model} is an exported one, which the '
                        "backend 'torch' cannot run; leave the backend out")
    if find_spec('torch') is None:
        raise UserError('PyTorch is not installed, so only a model of '
                        '`mmfermtl export` can be used: name its folder as '
                        'the model, or install mmfermtl[onedl]')
    from .torch_backend import load_torch_backend
    return load_torch_backend(model, weights, device)
