"""Measure how fast a folder of pictures is read, by the size of a batch."""
import os.path as osp
import tempfile
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import cv2
import torch
from mmengine.config import Config

from ...engine.config.config_errors import explain_config_errors
from ...export import export_onnx
from ...export.export_source import ExportSource
from ...inference import Backend, load_backend
from ...inference.face_finding import FaceFinder
from ...inference.face_reader import FaceReader
from ...inference.picture_prediction import predict_pictures
from ...inference.picture_sources import list_pictures
from ...inference.reader_options import ReaderOptions
from ...inference.result_files import ResultFiles
from ...inference.torch_backend import TorchBackend
from ...stack import missing_export_packages
from ...utils.errors import UserError
from .detection_speed import opencv_threads
from .interleaved import Comparison, compare
from .rendered_batches import render_batches, rendered_dataset
from .step_speed import build_training, prepare_measurement

#: Of the exported network, for its card.
_ORIGIN = dict(config='a benchmark', checkpoint_sha256='none')


class _NoProgress:
    """Show nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def measure_folder(
        cfg: Config,
        batches: Sequence[int] = (1, 8, 32),
        images: int = 64,
        steps: int = 20,
        warmup: int = 3,
        seed: int = 0,
        clock: Optional[Callable[[], float]] = None) -> List[Comparison]:
    """Measure ``mmfermtl predict`` on a folder of faces, from file to row.

    The pictures are rendered faces of the size that the network wants, each
    read whole, without detection and annotated pictures; the network has
    random weights. If the packages of the export are there, it is measured in
    ONNX Runtime, too.

    Args:
        cfg (Config): A loaded config of a model with a head.
        batches (Sequence[int]): Faces that are classified at once.
        images (int): Pictures in the folder. Defaults to 64.
        steps (int): Rounds that count. Defaults to 20.
        warmup (int): Rounds before them. Defaults to 3.
        seed (int): Defaults to 0.
        clock (Callable, optional): See :func:`compare`.

    Returns:
        list[Comparison]: Seconds for the folder, one for each size of a
        batch.

    Raises:
        UserError: If the model cannot recognise, or a batch is empty.
    """
    if not batches or min(batches) < 1 or images < 1:
        raise UserError(f'batches of {list(batches)} images, {images} in all: '
                        'expected at least 1')
    prepare_measurement(cfg)
    with tempfile.TemporaryDirectory() as folder, opencv_threads():
        with explain_config_errors(cfg):
            model, _ = build_training(cfg, seed)
            size = _write_faces(cfg, images, seed, folder)
        calls: Dict[str, Callable[[int], Any]] = {}
        for kind, backend in _backends(model, size, folder).items():
            for batch in batches:
                calls[f'{kind}, batches of {batch}'] = _folder_call(
                    backend, folder, batch)
        return compare(calls, steps, warmup, clock)


def _write_faces(cfg: Config, images: int, seed: int,
                 folder: str) -> Tuple[int, int]:
    """Write rendered faces; return their height and width."""
    cfg.test_dataloader.batch_size = 1
    batch, = render_batches(cfg, 'test', 1, seed)
    height, width = batch['inputs'][0].shape[-2:]
    faces = rendered_dataset(cfg, 'test')
    for number in range(images):
        face = faces.get_data_info(number % len(faces))['img']
        cv2.imwrite(
            osp.join(folder, f'{number:04d}.png'),
            cv2.resize(face, (width, height)))
    return height, width


def _backends(model: Any, size: Tuple[int, int],
              folder: str) -> Dict[str, Backend]:
    """Build what runs the network."""
    classes = [f'class {number}' for number in range(model.num_classes)]
    found: Dict[str,
                Backend] = dict(PyTorch=TorchBackend(model, classes, size))
    if not missing_export_packages():
        model.cpu()
        channels = next(model.backbone.parameters()).size(1)
        exported = osp.join(folder, '.exported')
        export_onnx(
            ExportSource('random weights', model, classes, size, channels, [],
                         {}, _ORIGIN), exported)
        found['ONNX'] = load_backend(exported, threads=torch.get_num_threads())
    return found


def _folder_call(backend: Backend, folder: str,
                 batch: int) -> Callable[[int], Any]:
    """Return a function that reads the folder."""
    finder = FaceFinder(backend.image_size[0], 'whole')
    reader = FaceReader(backend, finder, batch_size=batch)
    options = ReaderOptions(faces='whole', batch_size=batch)

    def call(number: int) -> None:
        with ResultFiles(
                osp.join(folder, '.results'),
                backend.classes,
                options.recorded(),
                resume=True,
                overwrite=True) as files:
            predict_pictures(
                list_pictures(folder),
                options,
                files,
                draw=False,
                reader=reader,
                progress=_NoProgress)

    return call
