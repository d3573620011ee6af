"""Edit the expression of a face, and put it back into the picture."""
from dataclasses import dataclass
from typing import List, Optional, Sequence

import numpy as np

from .backend import Backend
from .face_blending import put_back
from .face_reader import FaceReading
from .face_targets import Edit, edit_targets


@dataclass
class EditedFace:
    """A generated face."""

    #: Target vector ``(E, )`` float32.
    target: np.ndarray
    #: ``(size, size)`` uint8, grey, as the network generates it.
    fake: np.ndarray
    #: How the face was displaced, ``(2, size, size)``, see
    #: :class:`~mmfermtl.inference.backend.DecodedFaces`.
    flow: Optional[np.ndarray]
    #: The whole picture with the face put back, ``(H, W, 3)`` BGR uint8.
    picture: np.ndarray


def edit_face(backend: Backend, image: np.ndarray, reading: FaceReading,
              targets: Sequence[np.ndarray]) -> List[EditedFace]:
    """Generate a face for each target; the encoder runs once.

    Args:
        backend (Backend): The network.
        image (np.ndarray): The picture, ``(H, W, 3)`` BGR uint8.
        reading (FaceReading): A face of it.
        targets (Sequence[np.ndarray]): Target vectors ``(E, )``.

    Returns:
        list[EditedFace]: In the order of the targets.

    Raises:
        UserError: If the network has no generator.
    """
    features = backend.encode(reading.face.crop[None])
    edited = []
    for target in targets:
        found = backend.decode(features, target[None])
        fake = found.faces[0]
        flow = None if found.flow is None else found.flow[0]
        edited.append(
            EditedFace(target, fake, flow,
                       put_back(image, reading.face, fake, flow)))
    return edited


def edit_faces(backend: Backend, image: np.ndarray,
               readings: Sequence[FaceReading],
               edit: Edit) -> List[List[EditedFace]]:
    """Edit each face of a picture alone, see :func:`edit_face`.

    Args:
        edit (str | Mapping): Weights by expression, such as
            ``dict(happiness=.7)``, or ``'all'``, once to each expression.
    """
    return [
        edit_face(backend, image, reading,
                  edit_targets(edit, backend.classes, reading.label))
        for reading in readings
    ]
