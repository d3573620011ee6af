"""Decode face images alike in training, tests, preparation and tools.

Pillow decodes, because it refuses a truncated file, which OpenCV would return
half grey.
"""
import io
import re
from typing import Optional, Tuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .clip_geometry import upright_frame
from .image_paths import check_file
from .video_frames import read_video_frames

#: The largest value of 16 bits.
WHITE_16 = 2**16 - 1
# Below a quarter of the full range a value may be meant for a smaller one.
_QUARTER = 4


def decode_face(path: str,
                color_type: str,
                bit_depth: Optional[int] = None) -> np.ndarray:
    """Decode one image file to 8-bit grey or BGR, upright.

    The EXIF orientation is applied; one that cannot be read counts as
    upright. The alpha channel is dropped, other modes are converted, of
    an animation the first frame is taken. For more than 8 bits a channel see
    :func:`to_uint8`.

    Args:
        path (str): The file.
        color_type (str): ``'grayscale'`` or ``'color'``.
        bit_depth (int, optional): See :func:`to_uint8`. Defaults to None.

    Returns:
        np.ndarray: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is empty, truncated or no image, too large, in a
            colour mode that cannot be converted, or if its range of values
            is not clear.
    """
    image, bits = _open_upright(path)
    if image.mode.startswith('I') or image.mode == 'F':
        # Pillow's own conversion clips at 255 instead of scaling.
        known = bits if 8 < bits < 16 else bit_depth
        image = Image.fromarray(to_uint8(np.asarray(image), path, known))
    try:
        if image.mode == 'LAB':
            # Pillow knows no direct way to grey.
            image = image.convert('RGB')
        if color_type == 'grayscale':
            decoded = np.array(image.convert('L'))
        else:
            rgb = np.asarray(image.convert('RGB'))
            decoded = np.ascontiguousarray(rgb[..., ::-1])
    except Exception:
        raise ValueError(
            f'{path}: found the colour mode {image.mode}, which cannot be '
            'converted; save the image as RGB or grey') from None
    if bits == 16 and len(image.getbands()) > 1:
        # Pillow keeps the high byte of each channel, right for the full range.
        high = int(decoded.max())
        if bit_depth != 16 and (bit_depth is not None
                                or high < 256 / _QUARTER):
            raise ValueError(
                f'{path}: found 16 bits a channel in colour, with values up '
                f'to about {256 * high}, expected the full range, 0 to '
                f'{WHITE_16}; save the image in 8 bits')
    return decoded


def decode_record(record: dict, color_type: str) -> np.ndarray:
    """Decode the image of a sample record, a file or a frame of a video.

    Args:
        record (dict): With ``img_path``; with ``video`` for a frame, a dict
            of its 0-based number ``index`` and of ``half`` and ``rotate``,
            see :mod:`~mmfermtl.utils.decoding.clip_geometry`; and perhaps
            with ``bit_depth``.
        color_type (str): ``'grayscale'`` or ``'color'``.

    Returns:
        np.ndarray: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.
    """
    path = record['img_path']
    if 'video' not in record:
        return decode_face(path, color_type, record.get('bit_depth'))
    index = record['video']['index']
    frame = read_video_frames(path, [index])[index]
    frame = upright_frame(frame, record['video'])
    if color_type == 'color':
        return frame
    # By Pillow, as the images of files.
    return np.array(Image.fromarray(frame[..., ::-1].copy()).convert('L'))


def to_uint8(values: np.ndarray,
             name: str,
             bit_depth: Optional[int] = None) -> np.ndarray:
    """Scale an image of more than 8 bits a channel to 8 bits.

    A scale chosen for each image by its own brightness would change the
    brightness between the frames of one set. So there is one scale for each
    type, and an image that does not clearly have it is refused:

    - Integers span 16 bits, 0 .. 65535. An image whose brightest value is
      below a quarter of that may hold 8, 10, 12 or 14 bits, and is refused.
    - Floats span 0 .. 1, or 0 .. 255 if the brightest value is above a
      quarter of that. An image whose brightest value is between 1 and 64 is
      refused.

    Args:
        values (np.ndarray): ``(H, W)`` or ``(H, W, C)``; uint8 is returned
            as it is.
        name (str): Name of the image in messages.
        bit_depth (int, optional): How many bits the values have, 8 to 16:
            they span 0 .. 2 ** bit_depth - 1. Defaults to None, the rule
            above.

    Returns:
        np.ndarray: Same shape, uint8, rounded half up.

    Raises:
        ValueError: If there are NaN or infinite values, or some are out of
            the range or leave it unclear.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in 'iuf' or not values.size:
        raise ValueError(f'{name}: found an array of {values.dtype} and shape '
                         f'{values.shape}, expected an image of uint8')
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise ValueError(f'{name}: found NaN or infinite values, expected '
                         'those of an image; save it again in 8 bits')
    floating = values.dtype.kind == 'f'
    if bit_depth is not None:
        white, floor = 2.**bit_depth - 1, 0.
    elif floating:
        white = 1. if high <= 1 else 255.
        floor = 0. if high <= 1 else white / _QUARTER
    else:
        white, floor = float(WHITE_16), WHITE_16 / _QUARTER
    if low < 0 or high > white or 0 < high < floor:
        raise ValueError(_unclear(values.dtype, low, high, name, bit_depth))
    scaled = values.astype(np.float64) / (white / 255) + 0.5
    return np.clip(scaled, 0, 255).astype(np.uint8)


def check_bit_depth(bit_depth: Optional[int]) -> None:
    """Raise a ValueError for a number of bits other than 8 to 16 or None."""
    valid = isinstance(bit_depth, int) and 8 <= bit_depth <= 16
    if bit_depth is not None and not valid:
        raise ValueError(f'bit_depth={bit_depth!r}; give a whole number of '
                         'bits, 8 to 16, or None')


def constant_fault(image: np.ndarray, name: str) -> Optional[str]:
    """Describe an image ``(H, W[, C])`` if its pixels are all the same."""
    if (image != image[:1, :1]).any():
        return None
    return (f'{name}: all pixels have the value {image[0, 0].tolist()}, so '
            'there is no face to see; copy the file again from the '
            'distribution or remove the entry')


def file_fault(path: str, decode: bool,
               bit_depth: Optional[int]) -> Optional[str]:
    """Describe a fault of the file of an image, or of a video, if any."""
    try:
        check_file(path)
        if not decode or path.lower().endswith('.avi'):
            return None
        return constant_fault(decode_face(path, 'grayscale', bit_depth), path)
    except (OSError, ValueError) as error:
        return str(error)


def _open_upright(path: str) -> Tuple[Image.Image, int]:
    """Read a file with Pillow; return it with its declared bits a channel."""
    check_file(path)
    with open(path, 'rb') as file:
        content = file.read()
    try:
        image = Image.open(io.BytesIO(content))
        # The stored form of the pixels, such as 'RGB;16B' or 'I;12'; that of
        # 'BGR;16' are the bits of all three channels.
        stored = re.findall(r"'(?!BGR)\w+;(\d+)", str(image.tile))
        image.load()
    except UnidentifiedImageError:
        raise ValueError(f'{path}: found {len(content)} bytes that are no '
                         'image in a known format; copy the file again from '
                         'its source') from None
    except Image.DecompressionBombError:
        raise ValueError(
            f'{path}: found an image of more than '
            f'{2 * Image.MAX_IMAGE_PIXELS} pixels, which may be made to fill '
            'the memory; shrink it with a program that you trust') from None
    except Exception as error:
        # Decoders raise anything at all on a broken file.
        raise ValueError(
            f'{path}: broken or truncated image '
            f'({str(error) or type(error).__name__}); copy the file '
            'again from its source') from None
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:
        # The pixels are intact, only the metadata are not.
        pass
    return image, max(map(int, stored), default=8)


def _unclear(dtype: np.dtype, low: float, high: float, name: str,
             bit_depth: Optional[int]) -> str:
    """Describe a range of values that is not the expected one."""
    found = f'{name}: found {dtype} values from {low:g} to {high:g}'
    if bit_depth is not None:
        return (f'{found}, expected 0 to {2**bit_depth - 1} for bit_depth='
                f'{bit_depth}; give another one or save the image in 8 bits')
    expected = ('0 to 1, or 0 to 255 with some above 63'
                if dtype.kind == 'f' else f'0 to {WHITE_16} with some above '
                f'{WHITE_16 // _QUARTER}')
    return (f'{found}, expected {expected}; give their number of bits with '
            '`bit_depth=` of the dataset or of LoadFace (8: 0 to 255, 12: 0 '
            'to 4095), or save the image in 8 bits')
