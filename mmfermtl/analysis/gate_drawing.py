"""Draw the ConvFLU gates of a trained model over images of its test set."""
import os.path as osp
from itertools import chain, zip_longest
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import torch
from mmengine.config import Config
from torch import nn

from ..engine.checkpoints.model_loading import check_measured_on, load_model
from ..engine.gate_probe import GATES_SHAPE
from ..models import record_gates
from ..registry import DATASETS
from ..utils.errors import UserError
from ..utils.json_documents import read_json
from ..utils.output_files import make_output_folder
from ..visualization.gate_maps import ARROWS, draw_gate_history, draw_gate_maps


class GateMaps(NamedTuple):
    """Gates over the images of a dataset, averaged over the channels."""

    #: ``(N, H, W, C)`` uint8.
    images: np.ndarray
    #: ``(N, )`` int, -1 where unknown.
    labels: np.ndarray
    #: ``(N, h, w)`` float32 in [0, 1] by title; sizes differ by point.
    maps: Dict[str, np.ndarray]
    #: Mean and standard deviation over all elements by title.
    spread: Dict[str, Tuple[float, float]]


@torch.no_grad()
def collect_gates(model: nn.Module,
                  dataset: Any,
                  batch_size: int = 64) -> GateMaps:
    """Compute the gates of all images of a dataset.

    The model is :class:`~mmfermtl.models.FERMTL` in evaluation mode; there is
    no map if it has no gates.
    """
    images: List[np.ndarray] = []
    labels: List[int] = []
    maps: Dict[str, List[np.ndarray]] = {}
    sums: Dict[str, np.ndarray] = {}
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        images += [item['inputs'].permute(1, 2, 0).numpy() for item in items]
        labels += [int(item['data_samples'].gt_label) for item in items]
        inputs = model.data_preprocessor(
            dict(inputs=[item['inputs'] for item in items]), False)['inputs']
        with record_gates(model.network.backbone) as points:
            model.network.backbone(inputs)
        for title, gate in _by_title(points):
            maps.setdefault(title, []).append(gate.mean(dim=1).cpu().numpy())
            gate = gate.double()
            sums[title] = sums.get(title, 0) + np.array(
                [gate.numel(),
                 float(gate.sum()),
                 float(gate.square().sum())])
    spread = {}
    for title, (count, total, squares) in sums.items():
        mean = total / count
        spread[title] = mean, max(0., squares / count - mean**2)**0.5
    joined = {title: np.concatenate(parts) for title, parts in maps.items()}
    return GateMaps(np.stack(images), np.array(labels), joined, spread)


def _by_title(points: List[Dict[str, Any]]) -> List[Tuple[str, Any]]:
    return [(f'point {index}\n{ARROWS[direction]}\n{name}', gate)
            for index, point in enumerate(points, 1)
            for direction, gates in point.items()
            for name, gate in (('r', gates.reset), ('z', gates.update))]


def draw_gates(cfg: Config,
               checkpoint: str,
               out_dir: str,
               images: int = 8,
               history: Optional[str] = None) -> Dict[str, Any]:
    """Draw the gates of a checkpoint.

    Writes ``gates_faces.png`` (images of different expressions),
    ``gates_mean.png`` (the means of the test set and of each expression)
    and, if there is a ``gates.json``, ``gates_history.png`` (over training).

    Args:
        cfg (Config): Config of the run.
        checkpoint (str): Its checkpoint.
        out_dir (str): Folder for the pictures.
        images (int): Number of images. Defaults to 8.
        history (str, optional): File of the ``GateStatisticsHook``. Defaults
            to None, ``gates.json`` beside the checkpoint.

    Returns:
        dict: ``'files'``, the written pictures, and ``'spread'``, mean and
        standard deviation of each gate over the test set.

    Raises:
        UserError: If there is nothing to draw, or a file is missing.
    """
    if images < 1:
        raise UserError(f'--images {images}: expected at least 1')
    model = load_model(cfg, checkpoint)
    if not hasattr(model, 'network'):
        raise UserError(f'{cfg.filename}: expected mmfermtl.FERMTL or a '
                        f'subclass of it, found {type(model).__name__}')
    rows = _read_history(history, checkpoint)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    check_measured_on(checkpoint, dataset)
    found = collect_gates(model, dataset)
    if not found.maps and not rows:
        raise UserError(
            f'{cfg.filename}: the sharing units have no gates, and there is '
            'no gates.json beside the checkpoint; there is nothing to draw')
    make_output_folder('--out', out_dir)
    files = []
    if found.maps:
        classes = (*dataset.metainfo['classes'], 'unknown')
        chosen = _choose_images(found.labels, images)
        names = [classes[label] for label in found.labels[chosen]]
        files.append(osp.join(out_dir, 'gates_faces.png'))
        maps = {title: values[chosen] for title, values in found.maps.items()}
        draw_gate_maps(found.images[chosen], names, maps, files[-1])
        files.append(osp.join(out_dir, 'gates_mean.png'))
        draw_gate_maps(*_average(found, classes), files[-1])
    if rows:
        files.append(osp.join(out_dir, 'gates_history.png'))
        draw_gate_history(rows, files[-1])
    return dict(files=files, spread=found.spread)


def _choose_images(labels: np.ndarray, number: int) -> List[int]:
    """Choose images of all expressions in turn, of random subjects."""
    order = np.random.default_rng(0).permutation(len(labels))
    queues = [order[labels[order] == label] for label in np.unique(labels)]
    turns = chain.from_iterable(zip_longest(*queues))
    return [i for i in turns if i is not None][:number]


def _average(
    found: GateMaps, classes: Tuple[str, ...]
) -> Tuple[List[np.ndarray], List[str], Dict[str, np.ndarray]]:
    """Average images and maps over all images and each expression."""
    groups = {f'all {len(found.labels)}': np.ones(len(found.labels), bool)}
    for label in np.unique(found.labels):
        group = found.labels == label
        groups[f'{classes[label]} ({group.sum()})'] = group
    images = [
        found.images[group].mean(axis=0).round().astype(np.uint8)
        for group in groups.values()
    ]
    return images, list(groups), {
        title: np.stack([values[g].mean(axis=0) for g in groups.values()])
        for title, values in found.maps.items()
    }


def _read_history(path: Optional[str], checkpoint: str) -> List[dict]:
    """Read the rows of ``gates.json``; none if it is optional and missing."""
    file = path or osp.join(osp.dirname(checkpoint), 'gates.json')
    if not osp.isfile(file):
        if path is None:
            return []
        raise UserError(f'--history {path}: no such file; '
                        'mmfermtl.GateStatisticsHook writes it')
    rows = read_json(file, GATES_SHAPE, 'give the gates.json of a run')
    last = [sorted(point) for point in rows[-1]['points']] if rows else []
    for row in rows:
        if [sorted(point) for point in row['points']] != last:
            raise UserError(
                f'{file}: iteration {row["iter"]} has other exchange points '
                f'than iteration {rows[-1]["iter"]}; give the gates.json of '
                'one run')
    return rows
