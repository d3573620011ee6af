"""Classify faces that belong to no dataset."""
from typing import List, Sequence, Union

import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.dataset import pseudo_collate

from ..engine.checkpoints.model_loading import load_model
from ..registry import TRANSFORMS
from ..structures import ExpressionDataSample
from ..utils.wrapped_datasets import leaf_datasets


def predict_faces(cfg: Config,
                  checkpoint: str,
                  faces: Union[str, Sequence[Union[str, np.ndarray]]],
                  batch_size: int = 32,
                  device: str = 'cpu') -> List[ExpressionDataSample]:
    """Classify faces with the test pipeline of a config.

    Files are decoded as those of a dataset, by
    :class:`~mmfermtl.datasets.LoadFace`. mmpretrain's inferencer uses OpenCV,
    which gives black images for 12 bits or floats.

    Args:
        cfg (Config): The config that the model was trained with.
        checkpoint (str): Checkpoint file.
        faces (Sequence[str | np.ndarray]): Files, or images ``(H, W)`` or
            ``(H, W, 3)`` BGR uint8. A single file is a list of one.
        batch_size (int): Defaults to 32.
        device (str): Defaults to ``'cpu'``.

    Returns:
        list[ExpressionDataSample]: One for each face, with ``pred_score``
        ``(E, )`` and ``pred_label`` ``(1, )``.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If one cannot be decoded, an image has another shape, or
            the checkpoint does not fit.
    """
    faces = [faces] if isinstance(faces, str) else faces
    for number, face in enumerate(faces):
        shape: Sequence[int] = getattr(face, 'shape', ())
        if not isinstance(face, str) and len(shape) != 2 and (
                len(shape) != 3 or shape[2] not in (1, 3)):
            raise ValueError(f'face {number}: found the shape {shape}, '
                             'expected a path, (H, W) or (H, W, 3)')
    model = load_model(cfg, checkpoint).to(device)
    test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
    pipeline = Compose([TRANSFORMS.build(t) for t in test['pipeline']])
    found: List[ExpressionDataSample] = []
    for start in range(0, len(faces), batch_size):
        items = [
            pipeline(
                dict(img_path=face) if isinstance(face, str) else dict(
                    img=face)) for face in faces[start:start + batch_size]
        ]
        with torch.no_grad():
            found += model.test_step(pseudo_collate(items))
    return found
