import os.path as osp
from typing import Any, Optional, Sequence, Union

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels
from ...utils.model_parts import build_part, load_part


@MODELS.register_module()
class FileEmbedder(BaseModule):
    """Embed face images with a network from a file.

    Nothing is downloaded: weights are named by their path. Files from unknown
    authors are safe if they are ONNX files, of which OpenCV runs only the
    operators that it knows, or weights (``.pth``) for a ``network`` whose
    code is installed. A TorchScript file (``.pt``) is a program, which can
    read and write files: use one only if you trust its author.

    The defaults are those of OpenCV's SFace; many ArcFace networks need
    ``mean=127.5, std=127.5``.

    Args:
        path (str): The file.
        size (int, optional): Side to which the images are scaled; None
            leaves them unchanged. Defaults to 112.
        mean (float | Sequence[float]): Subtracted from values in [0, 255].
            Defaults to 0.
        std (float | Sequence[float]): Divisor of the result. Defaults to 1.
        channels (int): Input channels of the network: 3, for which grey is
            repeated, or 1. Defaults to 3.
        rgb (bool): Whether it expects RGB; the images are BGR. Defaults to
            True.
        network (dict | nn.Module, optional): The network whose weights the
            file contains, such as ``dict(type='mmpretrain.ResNet',
            depth=50)`` or a registered module of yours. Loading runs no code
            from the file, and all weights must fit. None means that the file
            contains the network too. Defaults to None.

    Raises:
        ValueError: If the file is missing, damaged or of another kind, the
            weights do not fit, or an option is wrong.

    Examples:
        >>> embedder = dict(
        ...     type='mmfermtl.FileEmbedder',
        ...     path='checkpoints/resnet18_faces.pth',
        ...     network=dict(type='mmpretrain.ResNet', depth=18),
        ...     mean=127.5,
        ...     std=127.5)
    """

    def __init__(self,
                 path: str,
                 size: Optional[int] = 112,
                 mean: Union[float, Sequence[float]] = 0.,
                 std: Union[float, Sequence[float]] = 1.,
                 channels: int = 3,
                 rgb: bool = True,
                 network: Union[dict, nn.Module, None] = None) -> None:
        super().__init__()
        self.path = path
        self.size = size
        self.channels = channels
        self.rgb = rgb
        _check_options(size, channels)
        for name, value in (('mean', mean), ('std', std)):
            self.register_buffer(name, _per_channel(name, value, channels))
        self.network: Any = build_part(network)
        if network is None:
            self.network = _load_network(path)
        else:
            load_part(self.network, path, 'embedder')
            self.network.eval()
        #: Of the network in reports: its class, or the file that has it.
        self.name = osp.splitext(
            osp.basename(path))[0] if network is None else type(
                self.network).__name__

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Embed ``(N, C, H, W)`` uint8, grey or BGR, as ``(N, D)`` float32.

        Raises:
            ValueError: If the network cannot process such images.
        """
        images = match_channels(images.float(), self.channels)
        if self.rgb:
            images = images.flip(1)
        if self.size is not None:
            # Antialiased, because many images are larger than `size`.
            images = F.interpolate(
                images, (self.size, self.size),
                mode='bilinear',
                align_corners=False,
                antialias=True)
        images = (images - self.mean) / self.std
        try:
            return self._run(images)
        # The network is unknown, so its own message would not help.
        except (cv2.error, RuntimeError) as error:
            raise ValueError(
                f'embedder {self.path} cannot read images of the shape '
                f'{tuple(images.shape)} ({str(error)[:200]}); give the size '
                'and the channels that it was trained with') from error

    def _run(self, images: Tensor) -> Tensor:
        """Run the network on ``(N, C, H, W)``, and return ``(N, D)``."""
        if not isinstance(self.network, nn.Module):
            # One by one, because many ONNX files have a fixed batch size 1.
            return torch.cat([self._run_onnx(image[None]) for image in images])
        vectors = self.network(images)
        if isinstance(vectors, (tuple, list)):  # stages of a backbone
            # Averaged over the pixels, as a classifier would do.
            vectors = vectors[-1].flatten(2).mean(2)
        return vectors.flatten(1).float()

    def _run_onnx(self, image: Tensor) -> Tensor:
        """Run OpenCV's network on ``(1, C, H, W)``, and return ``(1, D)``."""
        self.network.setInput(np.ascontiguousarray(image.cpu().numpy()))
        vector = torch.from_numpy(self.network.forward().copy())
        return vector.flatten(1).float()


def _check_options(size: Optional[int], channels: int) -> None:
    """Raise an error if an option is wrong."""
    if size is not None and (not isinstance(size, int) or size < 1):
        raise ValueError(f'embedder: size={size!r}; give the side of the '
                         'images in pixels, or None to leave them unchanged')
    if channels not in (1, 3):
        raise ValueError(f'embedder: channels={channels!r}; give 3, or 1 for '
                         'a network of grey images')


def _per_channel(name: str, value: Union[float, Sequence[float]],
                 channels: int) -> Tensor:
    """Convert ``mean`` or ``std`` to the shape ``(1 or C, 1, 1)``."""
    try:
        found = torch.as_tensor(value, dtype=torch.float32).reshape(-1, 1, 1)
    except (TypeError, ValueError, RuntimeError):
        found = torch.zeros(0)
    # Wrong values would give infinite or meaningless vectors silently.
    if len(found) not in (1, channels) or not found.isfinite().all() or (
            name == 'std' and not found.all()):
        nonzero = ', none of them 0' if name == 'std' else ''
        raise ValueError(f'embedder: {name}={value!r}; give one finite number '
                         f'or {channels}{nonzero}')
    return found


def _load_network(path: str) -> Any:
    """Load a network, with its weights, from an ONNX or TorchScript file."""
    if not osp.isfile(path):
        raise ValueError(f'embedder {path} is not a file: give the path of a '
                         '.onnx or .pt file, nothing is downloaded')
    if not path.endswith(('.onnx', '.pt')):
        raise ValueError(f'embedder {path}: expected a file that ends in '
                         '.onnx or .pt (TorchScript); for a file of weights '
                         'name the `network` that they belong to, and for a '
                         'classifier use mmfermtl.BackboneEmbedder')
    try:
        if path.endswith('.onnx'):
            return cv2.dnn.readNetFromONNX(path)
        return torch.jit.load(path, map_location='cpu').eval()
    except (cv2.error, RuntimeError) as error:
        raise ValueError(f'embedder {path} is damaged or uses operators that '
                         f'are not known here ({str(error)[:200]}); export '
                         'it again') from error
