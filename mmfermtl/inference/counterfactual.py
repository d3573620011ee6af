"""What would have to change in a face for another expression."""
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

import cv2
import numpy as np

from ..utils.errors import UserError
from .backend import Backend
from .face_blending import change_mask, find_place
from .face_finding import CropGeometry, FoundFace
from .face_reader import FaceReading

#: Where the regions of an aligned face end, from above to below, in distances
#: of the eyes below the line of the eyes.
REGION_ENDS = {
    'eyes and brows': 0.3,
    'nose and cheeks': 0.75,
    'mouth and chin': float('inf')
}
#: Colours, BGR, that differ for colour-blind eyes, too.
BRIGHTER, DARKER = (0, 140, 255), (255, 120, 30)
#: Smaller changes, in grey levels, are not drawn as if they were large.
LEAST_FULL = 16.


@dataclass
class Counterfactual:
    """How a face would change from the expression read to another one."""

    #: Label of the other expression.
    label: int
    #: The face generated with the expression read, and with the other one,
    #: ``(2, size, size)`` uint8.
    faces: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """np.ndarray: From the first face to the second, in grey levels,
        ``(size, size)`` float32."""
        first, second = self.faces.astype(np.float32)
        return second - first


def explain_reading(
        backend: Backend,
        reading: FaceReading,
        labels: Optional[Sequence[int]] = None) -> List[Counterfactual]:
    """Compare generated faces: of the expression read, and of others.

    The face itself is not compared: what the generator changes whatever the
    target cancels.

    Args:
        backend (Backend): The network.
        reading (FaceReading): A face.
        labels (Sequence[int], optional): The other expressions. Defaults to
            None, the next most probable one.

    Returns:
        list[Counterfactual]: In the order of the labels.

    Raises:
        UserError: If the network has no generator, or a label is the one
            that was read.
    """
    if labels is None:
        labels = [int(np.argsort(-reading.scores, kind='stable')[1])]
    if reading.label in labels:
        raise UserError(
            f'the face is read as {reading.name}; choose another expression')
    targets = np.eye(len(backend.classes), dtype=np.float32)
    features = backend.encode(reading.face.crop[None])
    own, *others = (
        backend.decode(features, targets[label][None]).faces[0]
        for label in (reading.label, *labels))
    return [
        Counterfactual(label, np.stack([own, other]))
        for label, other in zip(labels, others)
    ]


def region_shares(change: np.ndarray,
                  geometry: CropGeometry) -> Dict[str, float]:
    """Compute how much of a change each region of an aligned face has.

    Args:
        change (np.ndarray): ``(size, size)``.
        geometry (CropGeometry): Where the eyes are.

    Returns:
        dict[str, float]: Shares by region with the sum 1, or all 0 if
        nothing changed.
    """
    size = change.shape[0]
    below = ((np.arange(size) + 0.5) / size -
             geometry.eye_line) / geometry.eye_distance
    rows = np.abs(change).sum(axis=1)
    total = float(rows.sum())
    shares, start = {}, -float('inf')
    for name, end in REGION_ENDS.items():
        part = float(rows[(below >= start) & (below < end)].sum())
        shares[name] = part / total if total > 0 else 0.
        start = end
    return shares


def faded_change(found: Counterfactual, face: FoundFace,
                 image: np.ndarray) -> np.ndarray:
    """Return a change that fades towards the border of the crop.

    As an edited face does.

    Returns:
        np.ndarray: ``(size, size)`` float32.
    """
    return found.change * change_mask(face, image.shape)


def draw_change(image: np.ndarray, face: FoundFace,
                change: np.ndarray) -> np.ndarray:
    """Colour where a face would become brighter and darker.

    Args:
        image (np.ndarray): The picture, ``(H, W, 3)`` BGR uint8; not changed.
        face (FoundFace): A face of it.
        change (np.ndarray): ``(size, size)`` in grey levels; the largest one,
            or :data:`LEAST_FULL`, gets the full colour.

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR uint8, the rest of it grey.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    result = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    place = find_place(face, image.shape)
    if place is None:
        return result
    full = max(float(np.abs(change).max()), LEAST_FULL)
    values = place.turn_back(change)[..., None]
    share = 0.85 * np.clip(np.abs(values) / full, 0, 1)
    colour = np.where(values > 0, BRIGHTER, DARKER)
    part = result[place.part]
    result[place.part] = np.rint(part * (1 - share) + colour * share)
    return result
