"""Run an exported network by ONNX Runtime, without PyTorch."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..utils.errors import UserError
from .backend import Backend, DecodedFaces, in_pixels
from .model_folder import FILES, ModelFolder, read_model_folder

PRECISIONS = ('float32', 'int8')


class Features(NamedTuple):
    """What the encoder gives of ``N`` faces."""

    #: ``(N, C_i, H_i, W_i)`` float32 each.
    maps: List[np.ndarray]
    #: The faces ``(N, C, H, W)`` in [-1, 1].
    faces: np.ndarray


class OnnxBackend(Backend):
    """A model of ``mmfermtl export``, on the CPU or a GPU of ONNX Runtime.

    The folder may come from a stranger: its files are data, are compared
    with their checksums and may have no operators but those of ONNX. The
    checksums do not tell who wrote the folder.

    Args:
        folder (str): The folder.
        device (str, optional): ``'cpu'`` or ``'cuda'``, which needs the
            package onnxruntime-gpu. Defaults to None, ``'cpu'``.
        precision (str): ``'float32'``, or ``'int8'`` to recognise by the
            smaller form, if the folder has one. Defaults to ``'float32'``.
        threads (int, optional): Threads of an operator. Defaults to None:
            one for each core.

    Raises:
        UserError: If the folder is malformed or was changed, or an option is
            wrong.
        ImportError: If ONNX Runtime is not installed.
    """

    def __init__(self,
                 folder: str,
                 device: Optional[str] = None,
                 precision: str = 'float32',
                 threads: Optional[int] = None) -> None:
        if precision not in PRECISIONS:
            raise UserError(f'precision {precision!r}: expected one of '
                            f'{", ".join(PRECISIONS)}')
        self._folder = read_model_folder(folder)
        about = self._folder.description
        self._providers = _find_providers(device)
        self._threads = threads
        self._sessions: Dict[str, Any] = {}
        self._recogniser = 'recogniser'
        if precision == 'int8':
            self._recogniser = 'recogniser_int8'
            if not self._folder.has('recogniser_int8'):
                raise UserError(f'{folder}: has no recogniser in int8, '
                                f'{FILES[self._recogniser]}; export the model '
                                'with --int8 FACES, or use float32')
        self.name = about['name']
        self.classes = list(self._folder.classes)
        self.image_size = self._folder.image_size
        self.calibration = self._folder.calibration
        self.can_edit = self._folder.has('decoder')

    def check(self) -> None:
        """Load every network, which else happens when it is needed.

        Raises:
            UserError: If one cannot be loaded, or does not fit the
                description.
        """
        for part in self._folder.description['files']:
            self._session(part)

    def predict(self, faces: np.ndarray) -> np.ndarray:
        """Classify faces, see :class:`Backend`."""
        if not self._folder.has(self._recogniser):
            raise UserError(f'{self.name} has no head, so it recognises '
                            'nothing; use a model with one')
        session = self._session(self._recogniser)
        return session.run(['logits'], dict(faces=self._inputs(faces)))[0]

    def encode(self, faces: np.ndarray) -> Features:
        """Compute the features of synthesis, see :class:`Backend`."""
        if not self.can_edit:
            raise UserError(f'{self.name} has no generator, so it cannot edit '
                            'faces; use a model with one')
        inputs = self._inputs(faces)
        count = self._folder.description['features']
        maps = self._session('encoder').run(
            feature_names(count), dict(faces=inputs))
        return Features(maps, inputs)

    def decode(self, features: Any, targets: np.ndarray) -> DecodedFaces:
        """Generate faces, see :class:`Backend`."""
        maps, faces = features
        targets = np.ascontiguousarray(targets, np.float32)
        expected = (len(faces), len(self.classes))
        if targets.shape != expected or not np.isfinite(targets).all():
            raise UserError(f'targets of the shape {targets.shape}: expected '
                            f'finite numbers {expected}, a weight for each '
                            'face and expression')
        inputs = dict(zip(feature_names(len(maps)), maps), targets=targets)
        if self._folder.description['change_mask']:
            inputs['faces'] = faces
        session = self._session('decoder')
        names = [output.name for output in session.get_outputs()]
        found = dict(zip(names, session.run(names, inputs)))
        pictures = np.rint((found['images'] + 1) * 127.5).clip(0, 255)
        flow = found.get('flow')
        return DecodedFaces(
            # Of a network for colour, whose sources are grey, the mean.
            np.rint(pictures.mean(axis=1)).astype(np.uint8),
            None if flow is None else in_pixels(flow))

    def _inputs(self, faces: np.ndarray) -> np.ndarray:
        """Normalise faces ``(N, H, W)`` to ``(N, C, H, W)`` in [-1, 1]."""
        faces = np.asarray(faces)
        if faces.dtype != np.uint8 or faces.shape[1:] != self.image_size:
            raise UserError(f'faces of the shape {faces.shape} and the type '
                            f'{faces.dtype}: expected uint8 (N, '
                            f'{self.image_size[0]}, {self.image_size[1]})')
        images = faces.astype(np.float32)[:, None] / np.float32(127.5) - 1
        channels = self._folder.description['in_channels']
        return np.repeat(images, channels, axis=1)

    def _session(self, part: str) -> Any:
        """Load a network when it is first needed."""
        if part not in self._sessions:
            session = open_session(
                self._folder.read_part(part), self._folder.root,
                self._providers, self._threads)
            _check_interface(session, part, self._folder)
            self._sessions[part] = session
        return self._sessions[part]


def feature_names(count: int) -> List[str]:
    """Name the outputs of the encoder, which the decoder reads."""
    return [f'features_{number}' for number in range(count)]


def open_session(content: bytes,
                 place: str,
                 providers: Sequence[str] = ('CPUExecutionProvider', ),
                 threads: Optional[int] = None) -> Any:
    """Open an ONNX file in ONNX Runtime.

    Args:
        content (bytes): The file, checked by
            :func:`~mmfermtl.inference.model_folder.check_contents`.
        place (str): Where it is from, for messages.
        providers (Sequence[str]): Defaults to that of the CPU.
        threads (int, optional): Defaults to None, one for each core.

    Returns:
        onnxruntime.InferenceSession: Ready to run.

    Raises:
        UserError: If ONNX Runtime refuses it.
    """
    runtime = _import_runtime()
    options = runtime.SessionOptions()
    # Warnings speak to the makers of a model.
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        return runtime.InferenceSession(
            content, options, providers=list(providers))
    except Exception as error:  # the classes differ between versions
        reason = str(error).splitlines()[0][:200]
        raise UserError(f'{place}: ONNX Runtime {runtime.__version__} cannot '
                        f'load this model ({reason}); export it again, or '
                        'install a newer ONNX Runtime') from None


def _import_runtime() -> Any:
    """Import ONNX Runtime, which is optional."""
    try:
        import onnxruntime
    except ImportError as error:
        # Not the extra, whose OpenCV overwrites another one.
        raise ImportError('an exported model needs ONNX Runtime, which is not '
                          f'installed here ({error}): pip install '
                          'onnxruntime') from error
    return onnxruntime


def _find_providers(device: Optional[str]) -> List[str]:
    """Choose what of ONNX Runtime runs the model."""
    kind = (device or 'cpu').partition(':')[0]
    names = dict(cpu='CPUExecutionProvider', cuda='CUDAExecutionProvider')
    known = _import_runtime().get_available_providers()
    if kind not in names or names[kind] not in known:
        raise UserError(f'device {device!r}: cannot be used by this ONNX '
                        f"Runtime, which has {', '.join(known)}; give 'cpu', "
                        'or install onnxruntime-gpu for cuda')
    return list(dict.fromkeys([names[kind], names['cpu']]))


def _check_interface(session: Any, part: str, folder: ModelFolder) -> None:
    """Refuse a network with other inputs or outputs than are described."""
    about = folder.description
    face = (about['in_channels'], *folder.image_size)
    classes = (len(folder.classes), )
    maps = feature_names(about['features'])
    # Without the number of faces; what may be of any size is None.
    inputs: Dict[str, Optional[Tuple]] = dict(faces=face)
    outputs: Dict[str, Optional[Tuple]] = dict(logits=classes)
    if part == 'encoder':
        outputs = {name: None for name in maps}
    elif part == 'decoder':
        inputs = {name: None for name in maps}
        inputs['targets'] = classes
        if about['change_mask']:
            inputs['faces'] = face
        outputs = dict(images=(None, *folder.image_size))
        if about.get('warp'):
            outputs['flow'] = (2, *folder.image_size)
    for expected, found in ((inputs, session.get_inputs()),
                            (outputs, session.get_outputs())):
        shapes = {v.name: v for v in found}
        wrong = set(expected) ^ set(shapes) or {
            name
            for name, shape in expected.items()
            if shape is not None and not _fits(shapes[name].shape, shape)
        } or {v.name
              for v in found if v.type != 'tensor(float)'}
        if wrong:
            raise UserError(
                f'{folder.root}: the {part} does not fit the description in '
                f'{", ".join(sorted(wrong)):.100}; export the model again')


def _fits(found: Sequence[Any], shape: Tuple) -> bool:
    """Whether a shape has any number of faces and then the wanted sizes."""
    return (len(found) == len(shape) + 1 and not isinstance(found[0], int)
            and all(
                want in (None, size) for size, want in zip(found[1:], shape)))
