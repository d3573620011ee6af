"""Load a network for what runs it."""
import os.path as osp
from typing import Optional

from ..stack import missing_modules
from ..utils.errors import UserError
from .backend import BACKENDS, DEFAULT_WEIGHTS, EXPORT_FILE, Backend


def load_backend(model: Optional[str] = None,
                 weights: Optional[str] = None,
                 device: Optional[str] = None,
                 backend: Optional[str] = None,
                 threads: Optional[int] = None,
                 precision: str = 'float32') -> Backend:
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
        threads (int, optional): Threads of the network on a CPU. Defaults to
            None: what PyTorch or ONNX Runtime takes.
        precision (str): ``'float32'``, or ``'int8'`` to recognise by the
            smaller form of an exported model, which ``mmfermtl export
            --int8`` writes. Defaults to ``'float32'``.

    Returns:
        Backend: The network, ready to use.

    Raises:
        UserError: If there is no such model, or what runs it is missing.
    """
    if backend not in (None, *BACKENDS):
        raise UserError(f"backend {backend!r}: expected 'torch' or 'onnx'")
    if model is None and weights is not None and osp.isdir(weights):
        model, weights = weights, None
    exported = is_exported(model)
    if backend == 'onnx' or (backend is None and exported):
        if model is None or not exported:
            raise UserError(
                f'model {model or DEFAULT_WEIGHTS}: the ONNX backend needs a '
                f'folder with {EXPORT_FILE}; make one with `mmfermtl export`')
        if weights is not None:
            raise UserError(f'weights {weights}: the exported model {model} '
                            'has its own; leave them out')
        from .onnx_backend import OnnxBackend
        return OnnxBackend(model, device, precision, threads)
    if exported:
        raise UserError(f'model {model} is an exported one, which the '
                        "backend 'torch' cannot run; leave the backend out")
    name = model or weights or DEFAULT_WEIGHTS
    if precision != 'float32':
        raise UserError(f'precision {precision!r}: the model {name} has no '
                        'such form; give the folder that `mmfermtl export '
                        '--int8` writes')
    missing = missing_modules()
    if missing:
        raise UserError(
            f'model {name}: is not the folder of an exported model, so it '
            f'needs {", ".join(missing)}, not installed here: pip install '
            '"mmfermtl[onedl]", or give the folder that `mmfermtl export` '
            'wrote elsewhere (--model)')
    from .torch_backend import load_torch_backend
    return load_torch_backend(model, weights, device, threads)


def is_exported(model: Optional[str]) -> bool:
    """Whether a model is the folder of an exported one."""
    return model is not None and osp.isfile(osp.join(model, EXPORT_FILE))
