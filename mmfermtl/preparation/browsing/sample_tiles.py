"""What a page says of a sample of a dataset."""
from typing import Any, Optional

import numpy as np
import torch

from ...datasets import ExpressionDataset
from ...datasets.decoding.face_decoding import decode_record
from ...visualization.dataset_pages import Tile

#: Seeds of the two passes through a pipeline.
PASSES = (1, 2)


def image_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """An image with its label, subject, sequence and frame."""
    return Tile([original_image(dataset, index)], [
        _expression(dataset, index),
        _place(dataset, index),
        _frame(dataset, index)
    ])


def pair_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """A source and its target, and both as they leave the pipeline.

    The target is the one of the first epoch of a run with the first seed of
    :data:`PASSES`, or, for a dataset in test mode, of every epoch.
    """
    after = _run(dataset, index, PASSES[0])
    target = dataset.draw_target(index)
    truth, place = None, 'the subject has no such image'
    if target.index is not None:
        truth = original_image(dataset, target.index)
        place = (f'{_place(dataset, target.index)} '
                 f'{_frame(dataset, target.index)}')
    name = dataset.CLASSES[target.label]
    return Tile([
        original_image(dataset, index), truth,
        _viewable(_inputs(after)),
        _viewable(_target(after))
    ], [
        f'{_expression(dataset, index)} → {name}',
        f'{_place(dataset, index)} {_frame(dataset, index)} → {place}'
    ], ['source', 'target', 'source, pipeline', 'target, pipeline'])


def pipeline_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """An image, and what the pipeline makes of it with two seeds."""
    passes = [_viewable(_inputs(_run(dataset, index, k))) for k in PASSES]
    sizes = {one.shape[:2] for one in passes}
    shown = ' or '.join(f'{w} x {h}' for h, w in sorted(sizes))
    original = original_image(dataset, index)
    height, width = original.shape[:2]
    return Tile([original, *passes], [
        f'{_expression(dataset, index)}, {_place(dataset, index)} '
        f'{_frame(dataset, index)}', f'{width} x {height} → {shown} px'
    ], ['original', 'pass 1', 'pass 2'])


def original_image(dataset: ExpressionDataset, index: int) -> np.ndarray:
    """The image of a sample before any transform, BGR or grey uint8."""
    record = dataset.get_record(index)
    if record.get('img_path') is None:
        return dataset.get_data_info(index)['img']
    return decode_record(record, 'color')


def _run(dataset: ExpressionDataset, index: int, seed: int) -> Any:
    """One pass through the pipeline; test mode draws the same every time."""
    dataset.set_draw_state(seed, 0)
    return dataset[index]


def _inputs(item: Any) -> Any:
    return item['inputs'] if 'inputs' in item else item['img']


def _target(item: Any) -> Optional[Any]:
    sample = item.get('data_samples')
    return item.get('target_img') if sample is None else sample.get('gt_img')


def _viewable(image: Any) -> Optional[np.ndarray]:
    """A tensor ``(C, H, W)`` or an array as ``(H, W[, 3])`` uint8.

    Other ranges than that of uint8 are stretched to it.
    """
    if image is None:
        return None
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu().numpy()
        image = image.transpose(1, 2, 0) if image.ndim == 3 else image
    if image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        image = (255 * (image - low) / max(high - low, 1e-9)).astype(np.uint8)
    return image


def _expression(dataset: ExpressionDataset, index: int) -> str:
    label = dataset.get_record(index)['gt_label']
    return dataset.CLASSES[label] if label >= 0 else 'no label (source only)'


def _place(dataset: ExpressionDataset, index: int) -> str:
    """Subject and sequence of a sample."""
    record = dataset.get_record(index)
    return f'{record["subject"]}/{record["sequence"]}'


def _frame(dataset: ExpressionDataset, index: int) -> str:
    """Frame of a sample, counted from 1 for people."""
    record = dataset.get_record(index)
    return f'frame {record["frame_index"] + 1} of {record["num_frames"]}'
