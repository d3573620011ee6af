"""Save edited pictures, strips and animations, marked as generated."""
import os
import os.path as osp
from typing import List, Sequence

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..utils.errors import UserError

#: Written into the files.
MARK = ('The expression in this picture was changed by a neural network '
        '(mmfermtl).')
EXPLAINED = ('The colours in this picture were drawn by a neural network '
             '(mmfermtl): what would change in a face for another expression.')
PICTURE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp')
_IMAGE_DESCRIPTION = 0x010e
#: Longest side of a picture in a grid or strip.
_TILE = 256


def save_marked(path: str, image: np.ndarray, mark: str = MARK) -> None:
    """Save a picture ``(H, W, 3)`` BGR, with a note on what it is.

    The metadata of the original, such as its place, are not copied.

    Raises:
        UserError: If the ending of the name is another than .png, .jpg,
            .jpeg or .webp, or a picture of this size cannot be saved so.
        OSError: If the system refuses.
    """
    suffix = osp.splitext(path)[1].lower()
    check_suffix(path, PICTURE_SUFFIXES)
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    picture = Image.fromarray(np.ascontiguousarray(image[..., ::-1]))
    if suffix == '.png':
        info = PngInfo()
        info.add_text('Description', mark)
        picture.save(path, pnginfo=info)
        return
    exif = Image.Exif()
    exif[_IMAGE_DESCRIPTION] = mark
    try:
        picture.save(path, quality=95, exif=exif)
    except (ValueError, OSError) as error:
        if getattr(error, 'errno', None) is not None:
            raise
        raise UserError(
            f'--out {path}: found a picture of {picture.width} x '
            f'{picture.height} pixels, which cannot be saved in this format '
            f'({error}); give a name that ends in .png') from None


def save_animation(path: str, images: Sequence[np.ndarray]) -> None:
    """Save pictures as a GIF that plays forwards and backwards."""
    check_suffix(path, ('.gif', ))
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    frames = [
        Image.fromarray(np.ascontiguousarray(_fit(image, 640)[..., ::-1]))
        for image in (*images, *images[-2:0:-1])
    ]
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=120,
        loop=0,
        comment=MARK.encode())


def check_suffix(path: str, suffixes: Sequence[str]) -> None:
    """Refuse a file name with another ending."""
    if not path.lower().endswith(tuple(suffixes)):
        raise UserError(f'--out {path}: expected a name that ends in '
                        f'{", ".join(suffixes)}')


def tile(images: Sequence[np.ndarray], titles: Sequence[str],
         columns: int) -> np.ndarray:
    """Arrange pictures ``(H, W, 3)`` of one size, each below its title."""
    tiles: List[np.ndarray] = []
    for image, title in zip(images, titles):
        small = _fit(image, _TILE)
        head = np.full((20, small.shape[1], 3), 255, np.uint8)
        cv2.putText(head, title, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45,
                    (0, 0, 0), 1, cv2.LINE_AA)
        tiles.append(np.concatenate([head, small]))
    while len(tiles) % columns:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [
        np.concatenate(tiles[i:i + columns], axis=1)
        for i in range(0, len(tiles), columns)
    ]
    return np.concatenate(rows)


def around_face(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Cut out a face with some of its surroundings."""
    centre, side = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * 1.8
    low = np.maximum(np.floor(centre - side / 2), 0).astype(int)
    high = np.ceil(centre + side / 2).astype(int)
    return image[low[1]:high[1], low[0]:high[0]]


def _fit(image: np.ndarray, side: int) -> np.ndarray:
    """Resize a picture so that its longer side is at most, or small, so."""
    scale = side / max(image.shape[:2])
    if scale >= 1 and side > _TILE:
        return image
    size = [max(round(s * scale), 1) for s in image.shape[1::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, size, interpolation=method)
