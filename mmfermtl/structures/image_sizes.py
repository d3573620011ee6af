"""Check what a data preprocessor gets, and how it is set."""
from typing import Any, Dict, Optional, Sequence, Tuple, Union

from torch import Tensor

#: Options of MMEngine's ``ImgDataPreprocessor`` that touch ``inputs`` alone,
#: and their defaults.
_UNPAIRED = dict(pad_size_divisor=1, bgr_to_rgb=False, rgb_to_bgr=False)


def check_image_sizes(images: Union[Tensor, Sequence[Tensor]],
                      samples: Optional[Sequence[Any]] = None,
                      image_size: Optional[Tuple[int, int]] = None) -> None:
    """Raise an error if images of a batch differ in size or have a wrong one.

    MMEngine's preprocessor would pad such a batch to its largest image, which
    changes every score in it.

    Args:
        images (Tensor | Sequence[Tensor]): ``(N, C, H, W)``, or ``N`` images
            ``(C, H, W)``.
        samples (Sequence, optional): ``N`` data samples, whose ``img_path``
            the message names. Defaults to None.
        image_size (tuple[int, int], optional): Height and width that all
            images must have. None accepts any common size. Defaults to None.

    Raises:
        ValueError: Naming two images and their sizes, or one of a wrong
            size.
    """
    # Before MMEngine stacks them, images are a list of tensors.
    shapes = [tuple(image.shape) for image in images]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                f'{_name(samples, 0)} has {_size(shapes[0])} and '
                f'{_name(samples, i)} {_size(shape)}; a batch takes images of '
                'one size: add a mmfermtl.ResizeFace to the pipeline')
    if image_size is not None and shapes and shapes[0][-2:] != image_size:
        height, width = image_size
        raise ValueError(
            f'{_name(samples, 0)} has {_size(shapes[0])}, expected {width} x '
            f'{height} pixels, the `image_size` of the data_preprocessor: '
            "add dict(type='mmfermtl.ResizeFace', size="
            f'{min(image_size)}) to the pipeline, or, to train on another '
            'size, change both')


def _name(samples: Optional[Sequence[Any]], index: int) -> str:
    """Return the file of an image, or its position in the batch."""
    sample = samples[index] if samples else None
    path = sample.get('img_path') if sample is not None else None
    return path or f'image {index} of the batch'


def _size(shape: Tuple[int, ...]) -> str:
    """Describe a shape ``(C, H, W)``."""
    channels, height, width = shape
    return f'{width} x {height} pixels in {channels} channel(s)'


def check_paired_options(options: Dict[str, Any]) -> None:
    """Refuse options that change an image, but not the one of its pair.

    Args:
        options (dict): Of MMEngine's ``ImgDataPreprocessor``.

    Raises:
        ValueError: If one is set.
    """
    found = [
        f'{name}={options[name]!r}' for name, default in _UNPAIRED.items()
        if options.get(name, default) != default
    ]
    if found:
        raise ValueError(f'{", ".join(found)} would change the image, but '
                         'not the paired one; do it in the pipeline, to both '
                         '(mmfermtl.ApplyToPair)')
