"""Draw a sample of a dataset as a tile of a page."""
from typing import Any, List, Optional

import numpy as np
import torch

from ...datasets import ExpressionDataset
from ...utils.decoding.face_decoding import decode_record
from ...visualization.dataset_pages import Tile

#: Seeds of the two passes through a pipeline.
PASSES = (1, 2)


def image_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """Show an image with its label, subject, sequence and frame."""
    return Tile([original_image(dataset, index)], _captions(dataset, index))


def pair_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """Show a source and its target, and both as the pipeline returns them.

    The target is the one of the first epoch of a run with the first seed of
    :data:`PASSES`, or, for a dataset in test mode, of every epoch.
    """
    after = _run(dataset, index, PASSES[0])
    sample = after.get('data_samples')
    target_after = (
        after.get('target_img') if sample is None else sample.get('gt_img'))
    target = dataset.draw_target(index)
    expression, *place = _captions(dataset, index)
    score = dataset.draw_mixture(index, target.label)
    paired = dataset.paired_image(index, target, score)
    if 'subject' in paired:
        origin = ' '.join(_captions(dataset, target.index)[1:])
    elif paired:
        origin = 'rendered for it'
    elif score is not None:
        origin = 'a mixture, which no image shows'
    else:
        origin = 'the subject has no such image'
    image = _load(paired) if paired else None
    name = dataset.CLASSES[target.label]
    return Tile([
        original_image(dataset, index), image,
        _viewable(_inputs(after)),
        _viewable(target_after)
    ], [f'{expression} → {name}', f'{" ".join(place)} → {origin}'],
                ['source', 'target', 'source, pipeline', 'target, pipeline'])


def pipeline_tile(dataset: ExpressionDataset, index: int) -> Tile:
    """Show an image, and what the pipeline returns for two seeds."""
    passes = [_viewable(_inputs(_run(dataset, index, k))) for k in PASSES]
    sizes = {one.shape[:2] for one in passes}
    shown = ' or '.join(f'{w} x {h}' for h, w in sorted(sizes))
    original = original_image(dataset, index)
    height, width = original.shape[:2]
    expression, *place = _captions(dataset, index)
    return Tile([original, *passes], [
        f'{expression}, {" ".join(place)}', f'{width} x {height} → {shown} px'
    ], ['original', 'pass 1', 'pass 2'])


def original_image(dataset: ExpressionDataset, index: int) -> np.ndarray:
    """Load a sample before any transform, ``(H, W)`` or ``(H, W, 3)`` uint8.
    """
    return _load(dataset.get_data_info(index))


def _load(record: dict) -> np.ndarray:
    """Return the image of a record, or read it from its file."""
    if 'img' in record:
        return record['img']
    return decode_record(record, 'color')


def _run(dataset: ExpressionDataset, index: int, seed: int) -> Any:
    """Run the pipeline; in test mode it returns the same for every seed."""
    dataset.set_draw_state(seed, 0)
    return dataset[index]


def _inputs(item: Any) -> Any:
    return item['inputs'] if 'inputs' in item else item['img']


def _viewable(image: Any) -> Optional[np.ndarray]:
    """Convert a tensor ``(C, H, W)`` or an array to ``(H, W[, 3])`` uint8.

    Other types are scaled to the range of uint8.
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


def _captions(dataset: ExpressionDataset, index: int) -> List[str]:
    """Describe expression, sequence and frame, counted from 1, of a sample."""
    record = dataset.get_record(index)
    label = record['gt_label']
    return [
        dataset.CLASSES[label] if label >= 0 else 'no label (source only)',
        f'{record["subject"]}/{record["sequence"]}',
        f'frame {record["frame_index"] + 1} of {record["num_frames"]}'
    ]
