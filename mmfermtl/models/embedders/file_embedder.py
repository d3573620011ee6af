import os.path as osp
from typing import Optional, Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS
from ...structures import match_channels

_SUFFIXES = ('.onnx', '.pt')


@MODELS.register_module()
class FileEmbedder(BaseModule):
    """Vectors of faces from a network in a file, whatever trained it.

    Takes ONNX files, which OpenCV runs, and TorchScript files (``.pt``).
    Nothing is downloaded: weights are named by their path. A TorchScript
    file is a program; take it only from whom you trust.

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

    Raises:
        ValueError: If the file is missing, damaged or of another kind.
    """

    def __init__(self,
                 path: str,
                 size: Optional[int] = 112,
                 mean: Sequence[float] = 0.,
                 std: Sequence[float] = 1.,
                 channels: int = 3,
                 rgb: bool = True) -> None:
        super().__init__()
        if not osp.isfile(path):
            raise ValueError(f'embedder {path} is not a file: give the path '
                             'of a .onnx or .pt file, nothing is downloaded')
        if not path.endswith(_SUFFIXES):
            raise ValueError(f'embedder {path}: expected a file that ends in '
                             '.onnx or .pt (TorchScript); for a checkpoint '
                             'use mmfermtl.BackboneEmbedder')
        self.path = path
        self.size = size
        self.channels = channels
        self.rgb = rgb
        for name, value in (('mean', mean), ('std', std)):
            tensor = torch.as_tensor(value, dtype=torch.float32)
            self.register_buffer(name, tensor.reshape(-1, 1, 1))
        try:
            if path.endswith('.onnx'):
                self.network = cv2.dnn.readNetFromONNX(path)
            else:
                self.network = torch.jit.load(path, map_location='cpu').eval()
        except (cv2.error, RuntimeError) as error:
            raise ValueError(f'embedder {path} is damaged or uses what is not '
                             f'known here ({str(error)[:200]}); export it '
                             'again') from error

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
        if isinstance(self.network, torch.nn.Module):
            return self.network(faces).flatten(1).float()
        return torch.cat([self._run_onnx(face[None]) for face in faces])

    def _run_onnx(self, face: Tensor) -> Tensor:
        """One at a time, for files often have a fixed batch size of 1."""
        self.network.setInput(np.ascontiguousarray(face.cpu().numpy()))
        vector = torch.from_numpy(self.network.forward().copy())
        return vector.flatten(1).float()
