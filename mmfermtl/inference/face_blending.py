"""Put a generated face back into its picture."""
from typing import NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np

from ..preparation.alignment import LARGEST_FACE, read_range
from ..utils.errors import UserError
from .face_finding import FoundFace

#: Share of the side of a crop over which the border is blended.
_FEATHER = 0.18
#: A change, in grey levels, at which 1/e of the finer detail is kept.
_DETAIL = 32.
#: A change of the face, in grey levels, from which it is displaced in full.
_MOVED = 8.


class FacePlace(NamedTuple):
    """The part of a picture that the crop of a face covers."""

    #: ``(x, y)`` of its first pixel, and the one after its last pixel.
    corner: Tuple[int, int]
    end: Tuple[int, int]
    #: From its pixels to those of the crop, ``(2, 3)``.
    transform: np.ndarray

    @property
    def part(self) -> Tuple[slice, slice]:
        """tuple[slice, slice]: Its rows and columns."""
        return np.s_[self.corner[1]:self.end[1], self.corner[0]:self.end[0]]

    def turn_back(self, values: np.ndarray) -> np.ndarray:
        """Enlarge and turn values of the crop.

        Args:
            values (np.ndarray): ``(size, size)``.

        Returns:
            np.ndarray: ``(h, w)`` float32, by the cubic kernel.
        """
        size = (self.end[0] - self.corner[0], self.end[1] - self.corner[1])
        return cv2.warpAffine(
            values.astype(np.float32),
            self.transform,
            size,
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE)


def find_place(face: FoundFace, shape: Tuple[int, ...]) -> Optional[FacePlace]:
    """Find the part of a picture ``(H, W, ...)`` that a crop covers.

    Returns:
        FacePlace, optional: None if the crop lies outside of the picture.
    """
    size = face.crop.shape[0]
    edge = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - 0.5
    inverse = np.linalg.inv(face.transform[:, :2])
    corners = (edge - face.transform[:, 2]) @ inverse.T
    low = np.floor(corners.min(axis=0)).astype(int)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    left, top = (max(int(value), 0) for value in low)
    right, bottom = min(int(high[0]), shape[1]), min(int(high[1]), shape[0])
    if right <= left or bottom <= top:
        return None
    transform = face.transform.copy()
    transform[:, 2] += transform[:, :2] @ np.array([left, top])
    return FacePlace((left, top), (right, bottom), transform)


def put_back(image: np.ndarray,
             face: FoundFace,
             fake: np.ndarray,
             flow: Optional[np.ndarray] = None) -> np.ndarray:
    """Put a generated face back, with the colour and size of the picture.

    The network is grey and small. Therefore the change of luminance that it
    made is enlarged and turned back, and added to the luminance of the
    picture; the colour (Cr and Cb of BT.601) is kept. What is finer than the
    network can see stays where it changed little, and gives way where it
    changed much. What the network displaced, such as brows, is displaced in
    the picture, with its colour and detail, and the rest of the change is
    added. All of it fades towards the border of the crop. Our choice.

    Args:
        image (np.ndarray): ``(H, W, 3)`` BGR or ``(H, W)`` grey, uint8; not
            changed.
        face (FoundFace): The face in it, with its crop.
        fake (np.ndarray): The generated crop, ``(size, size)`` uint8.
        flow (np.ndarray, optional): From where each pixel of the crop was
            taken, relative to itself, as ``(x, y)`` in pixels, ``(2, size,
            size)``. Defaults to None, nothing was displaced.

    Returns:
        np.ndarray: Like ``image``.

    Raises:
        UserError: If the face is too large to be displaced.
    """
    result = image.copy()
    place = find_place(face, image.shape)
    if place is None:
        return result
    part, turn_back = place.part, place.turn_back
    mask = np.clip(turn_back(change_mask(face, image.shape)), 0, 1)
    crop, moved = face.crop, image[part]
    if flow is not None:
        # Where the face is even, the network cannot know what it displaces.
        seen = np.abs(fake.astype(np.float32) - crop)
        flow = flow * np.clip(cv2.blur(seen, (5, 5)) / _MOVED, 0, 1)
        crop = _displace(crop, flow)
        # From pixels of the crop to those of the picture.
        inverse = np.linalg.inv(place.transform[:, :2])
        shift = np.stack([turn_back(plane) for plane in flow], axis=-1)
        shift = (shift @ inverse.T) * mask[..., None]
        moved = _displace(image, shift.transpose(2, 0, 1), place.corner)
    change = turn_back(fake.astype(np.float32) - crop)
    grey = image.ndim == 2
    colours = None if grey else cv2.cvtColor(moved, cv2.COLOR_BGR2YCrCb)
    light = (moved if colours is None else colours[..., 0]).astype(np.float32)
    detail = light - turn_back(crop)
    kept = np.exp(-np.abs(change) / _DETAIL)
    new = light + mask * (change - (1 - kept) * detail)
    new = np.clip(np.rint(new), 0, 255).astype(np.uint8)
    if colours is None:
        result[part] = new
        return result
    colours[..., 0] = new
    # Where nothing changed, the conversion must not round.
    changed = (mask > 0)[..., None]
    result[part] = np.where(changed, cv2.cvtColor(colours,
                                                  cv2.COLOR_YCrCb2BGR),
                            image[part])
    return result


def _displace(image: np.ndarray,
              flow: np.ndarray,
              corner: Sequence[int] = (0, 0)) -> np.ndarray:
    """Take each pixel from elsewhere.

    Args:
        image (np.ndarray): ``(H, W)`` or ``(H, W, 3)``.
        flow (np.ndarray): ``(x, y)`` in pixels, relative to each pixel of a
            part of the image, ``(2, h, w)``.
        corner (Sequence[int]): ``(x, y)`` of that part. Defaults to (0, 0).

    Returns:
        np.ndarray: ``(h, w)`` or ``(h, w, 3)``.
    """
    height, width = flow.shape[1:]
    x = np.arange(corner[0], corner[0] + width) + flow[0]
    y = np.arange(corner[1], corner[1] + height)[:, None] + flow[1]
    # OpenCV displaces no large pictures, such as panoramas.
    left, right = read_range(x, image.shape[1])
    top, bottom = read_range(y, image.shape[0])
    source = image[top:bottom, left:right]
    if max(source.shape[:2]) > LARGEST_FACE:
        raise UserError(
            f'found a face of {source.shape[1]} x {source.shape[0]} pixels, '
            f'expected at most {LARGEST_FACE}; make the picture smaller')
    return cv2.remap(
        source, (x - left).astype(np.float32), (y - top).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE)


def change_mask(face: FoundFace, shape: Tuple[int, ...]) -> np.ndarray:
    """Weight the change, 1 in the middle of the crop and 0 at its border.

    A crop that is the whole picture has no border.

    Args:
        face (FoundFace): A face.
        shape (tuple[int]): Of its picture, ``(H, W, ...)``.

    Returns:
        np.ndarray: ``(size, size)`` float32 in [0, 1].
    """
    size = face.crop.shape[0]
    corners = np.array([[-.5, -.5], [shape[1] - .5, shape[0] - .5]])
    inside = corners @ face.transform[:, :2].T + face.transform[:, 2]
    if face.landmarks is None and (inside[0] >= -1).all() and (inside[1]
                                                               <= size).all():
        return np.ones((size, size), np.float32)
    places = np.abs((np.arange(size) + 0.5) / size - 0.5)
    # A square with round corners.
    distance = (places[:, None]**4 + places[None]**4)**0.25
    ramp = np.clip((0.5 - 0.5 / size - distance) / _FEATHER, 0, 1)
    return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
