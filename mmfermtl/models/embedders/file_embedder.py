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
from ...utils.safe_loading import describe_misfit, load_checkpoint_safely

_SUFFIXES = ('.onnx', '.pt')


@MODELS.register_module()
class FileEmbedder(BaseModule):
    """Vectors of faces from a network in a file, whatever trained it.

    Nothing is downloaded: weights are named by their path. Safe to take from
    strangers are ONNX files, of which OpenCV runs the operators that it
    knows, and weights alone (``.pth``) for a ``network`` whose code is
    installed here. A TorchScript file (``.pt``) is a program, which can read
    and write files: take it only from whom you trust.

    The defaults are those of OpenCV's SFace and of many ArcFace networks but
    for the latter's ``mean=127.5, std=127.5``.

    Args:
        path (str): The file.
        size (int, optional): Side to which the pictures are scaled; None
            leaves them as they are. Defaults to 112.
        mean (float | Sequence[float]): Subtracted from values in [0, 255].
            Defaults to 0.
        std (float | Sequence[float]): Then divided by. Defaults to 1.
        channels (int): Channels that the network takes: 3, where grey is
            repeated, or 1. Defaults to 3.
        rgb (bool): Whether it wants RGB. Ours are BGR. Defaults to True.
        network (dict | nn.Module, optional): Of which the file holds the
            weights, such as ``dict(type='mmpretrain.ResNet', depth=50)`` or a
            registered module of your own. They are loaded without running
            code from the file and must fit. Defaults to None: the file holds
            the network too.

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
                 mean: Sequence[float] = 0.,
                 std: Sequence[float] = 1.,
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
        self.network = (
            _load_network(path) if network is None else _load_weights(
                network, path))

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> Tensor:
        """Embed pictures.

        Args:
            pictures (Tensor): ``(N, C, H, W)`` uint8, grey or BGR.

        Returns:
            Tensor: ``(N, D)`` float32.
        """
        faces = match_channels(pictures.float(), self.channels)
        if self.rgb:
            faces = faces.flip(1)
        if self.size is not None:
            faces = F.interpolate(
                faces, (self.size, self.size),
                mode='bilinear',
                align_corners=False,
                antialias=True)
        faces = (faces - self.mean) / self.std
        try:
            return self._run(faces)
        except (cv2.error, RuntimeError) as error:
            raise ValueError(
                f'embedder {self.path} cannot read pictures of the shape '
                f'{tuple(faces.shape)} ({str(error)[:200]}); give the size '
                'and the channels that it was trained with') from error

    def _run(self, faces: Tensor) -> Tensor:
        if not isinstance(self.network, nn.Module):
            return torch.cat([self._run_onnx(face[None]) for face in faces])
        vectors = self.network(faces)
        if isinstance(vectors, (tuple, list)):  # the stages of a backbone
            vectors = vectors[-1].flatten(2).mean(2)
        return vectors.flatten(1).float()

    def _run_onnx(self, face: Tensor) -> Tensor:
        """One at a time, for files often have a fixed batch size of 1."""
        self.network.setInput(np.ascontiguousarray(face.cpu().numpy()))
        vector = torch.from_numpy(self.network.forward().copy())
        return vector.flatten(1).float()


def _check_options(size: Optional[int], channels: int) -> None:
    if size is not None and (not isinstance(size, int) or size < 1):
        raise ValueError(f'embedder: size={size!r}; give the side of the '
                         'pictures in pixels, or None to leave them as they '
                         'are')
    if channels not in (1, 3):
        raise ValueError(f'embedder: channels={channels!r}; give 3, or 1 for '
                         'a network of grey faces')


def _per_channel(name: str, value: Union[float, Sequence[float]],
                 channels: int) -> Tensor:
    """Bring ``mean`` or ``std`` to the shape ``(1 or C, 1, 1)``."""
    try:
        found = torch.as_tensor(value, dtype=torch.float32).reshape(-1, 1, 1)
    except (TypeError, ValueError, RuntimeError):
        found = torch.zeros(0)
    if len(found) not in (1, channels) or not found.isfinite().all() or (
            name == 'std' and not found.all()):
        nonzero = ', none of them 0' if name == 'std' else ''
        raise ValueError(f'embedder: {name}={value!r}; give one finite number '
                         f'or {channels}{nonzero}')
    return found


def _load_network(path: str) -> Any:
    """Read a file that holds the network, too."""
    if not osp.isfile(path):
        raise ValueError(f'embedder {path} is not a file: give the path of a '
                         '.onnx or .pt file, nothing is downloaded')
    if not path.endswith(_SUFFIXES):
        raise ValueError(f'embedder {path}: expected a file that ends in '
                         '.onnx or .pt (TorchScript); for weights alone name '
                         'the `network` that they are of, and for a '
                         'classifier use mmfermtl.BackboneEmbedder')
    try:
        if path.endswith('.onnx'):
            return cv2.dnn.readNetFromONNX(path)
        return torch.jit.load(path, map_location='cpu').eval()
    except (cv2.error, RuntimeError) as error:
        raise ValueError(f'embedder {path} is damaged or uses what is not '
                         f'known here ({str(error)[:200]}); export it '
                         'again') from error


def _load_weights(network: Union[dict, nn.Module], path: str) -> nn.Module:
    """Build a network, and load its weights without running code."""
    if isinstance(network, dict):
        network = MODELS.build(network)
    state = load_checkpoint_safely(path)['state_dict']
    problems = describe_misfit(network.state_dict(), state)
    if problems:
        raise ValueError(
            f'embedder {path} does not fit its network '
            f'{type(network).__name__}: {problems}; expected the weights of '
            'that network alone')
    network.load_state_dict(state)
    network.eval()  # which returns nothing in mmpretrain's backbones
    return network
