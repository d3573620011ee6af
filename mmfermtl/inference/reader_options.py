"""What a reader of faces is built from, in this process or in a worker."""
import functools
from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, Optional

from ..preparation import FaceDetector
from .backend_loading import load_backend
from .face_finding import FaceFinder, Faces, check_boxes
from .face_reader import FaceReader


@dataclass(frozen=True)
class ReaderOptions:
    """Options of a network and of the faces that it reads.

    Args:
        model, weights, device, backend: See
            :func:`~mmfermtl.inference.load_backend`.
        faces, crop: See :class:`FaceFinder`, ``crop`` is its ``geometry``.
        coverage, batch_size, balanced: See :class:`FaceReader`.
        refine (bool): Whether to find the eyes exactly, which takes twice the
            time.
        threads (int, optional): Of the network on a CPU.
        precision (str): ``'float32'``, or ``'int8'`` of an exported model,
            see :func:`~mmfermtl.inference.load_backend`.
        detector (Callable): Builds the face detector, of ``refine``.
    """

    model: Optional[str] = None
    weights: Optional[str] = None
    device: Optional[str] = None
    backend: Optional[str] = None
    faces: Faces = 'detect'
    crop: str = 'ferplus'
    coverage: float = 0.9
    batch_size: int = 32
    refine: bool = True
    threads: Optional[int] = None
    precision: str = 'float32'
    detector: Callable[..., Any] = FaceDetector
    balanced: bool = False

    def build(self) -> FaceReader:
        """Load the network and, if faces are detected, the detector.

        Raises:
            UserError: If an option is wrong.
            FileNotFoundError: If the detector's weights are missing.
        """
        check_boxes(self.faces)
        backend = load_backend(self.model, self.weights, self.device,
                               self.backend, self.threads, self.precision)
        finder = FaceFinder(
            backend.image_size[0], self.faces, self.crop,
            functools.partial(self.detector, refine=self.refine))
        finder.prepare()
        return FaceReader(backend, finder, self.coverage, self.batch_size,
                          self.balanced)

    def recorded(self) -> Dict[str, Any]:
        """Return what the rows depend on, as JSON can hold it."""
        content = asdict(self)
        for key in ('device', 'batch_size', 'threads', 'detector'):
            del content[key]
        boxes = check_boxes(self.faces)
        if boxes is not None:
            content['faces'] = boxes.tolist()
        return content
