"""Draw what the gates of a trained model do, over the faces of its test."""
import os.path as osp
from itertools import zip_longest
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
    """Gates over the faces of a dataset, averaged over the channels."""

    #: ``(N, H, W, C)`` uint8.
    faces: np.ndarray
    #: ``(N, )`` int, -1 where unknown.
    labels: np.ndarray
    #: ``(N, h, w)`` in [0, 1] by title; they differ in size by point.
    maps: Dict[str, np.ndarray]
    #: Mean and standard deviation over all elements by title.
    spread: Dict[str, Tuple[float, float]]


@torch.no_grad()
def collect_gates(model: nn.Module,
                  dataset: Any,
                  batch_size: int = 64) -> GateMaps:
    """Let the model read all faces, and keep its gates.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL` in evaluation
            mode.
        dataset (Dataset): Faces.
        batch_size (int): Faces a pass. Defaults to 64.

    Returns:
        GateMaps: The gates; no map if the model has no gates.
    """
    faces: List[np.ndarray] = []
    labels: List[int] = []
    maps: Dict[str, List[np.ndarray]] = {}
    sums: Dict[str, np.ndarray] = {}
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        faces += [item['inputs'].permute(1, 2, 0).numpy() for item in items]
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
    return GateMaps(
        np.stack(faces), np.array(labels), {
            title: np.concatenate(parts)
            for title, parts in maps.items()
        }, spread)


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

    Makes ``gates_faces.png`` (some faces of different expressions),
    ``gates_mean.png`` (the means of the test set and of each expression)
    and, if ``gates.json`` is there, ``gates_history.png`` (over training).

    Args:
        cfg (Config): Config of the run.
        checkpoint (str): Its checkpoint.
        out_dir (str): Folder for the pictures.
        images (int): Number of faces. Defaults to 8.
        history (str, optional): File of the ``GateStatisticsHook``. None
            means ``gates.json`` beside the checkpoint. Defaults to None.

    Returns:
        dict: ``'files'``, the pictures made, and ``'spread'``, mean and
        standard deviation of each gate over the test set.

    Raises:
        UserError: If there is nothing to draw, or a file is missing.
    """
    if images < 1:
        raise UserError(f'--images {images}: expected at least 1')
    model = load_model(cfg, checkpoint)
    if not hasattr(model, 'network'):
        raise UserError(f'{cfg.filename}: gates are drawn of mmfermtl.FERMTL '
                        f'and its subclasses, found {type(model).__name__}')
    rows = _read_history(history, checkpoint)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    check_measured_on(checkpoint, dataset)
    found = collect_gates(model, dataset)
    if not found.maps and not rows:
        raise UserError(
            f'{cfg.filename}: the sharing units have no gates, and no '
            'gates.json lies beside the checkpoint; there is nothing to draw')
    make_output_folder('--out', out_dir)
    files = []
    if found.maps:
        classes = dataset.metainfo['classes']
        files += [osp.join(out_dir, f'gates_{k}.png') for k in FIGURES]
        for path, choose in zip(files, FIGURES.values()):
            draw_gate_maps(*choose(found, classes, images), path)
    if rows:
        files.append(osp.join(out_dir, 'gates_history.png'))
        draw_gate_history(rows, files[-1])
    return dict(files=files, spread=found.spread)


def _some_faces(found: GateMaps, classes: tuple, images: int) -> tuple:
    """Faces of all expressions in turn, of subjects drawn by chance."""
    order = np.random.default_rng(0).permutation(len(found.labels))
    queues = [[i for i in order if found.labels[i] == label]
              for label in np.unique(found.labels)]
    turns = zip_longest(*queues)
    picks = [i for turn in turns for i in turn if i is not None][:images]
    names = [_name(found.labels[i], classes) for i in picks]
    return (found.faces[picks], names, {
        title: values[picks]
        for title, values in found.maps.items()
    })


def _means(found: GateMaps, classes: tuple, images: int) -> tuple:
    """The mean of all faces, and of each expression."""
    groups = [np.ones(len(found.labels), bool)]
    groups += [found.labels == label for label in np.unique(found.labels)]
    names = [f'all {len(found.labels)}'] + [
        f'{_name(label, classes)} ({(found.labels == label).sum()})'
        for label in np.unique(found.labels)
    ]
    faces = [
        found.faces[g].mean(axis=0).round().astype(np.uint8) for g in groups
    ]
    return faces, names, {
        title: np.stack([values[g].mean(axis=0) for g in groups])
        for title, values in found.maps.items()
    }


FIGURES = dict(faces=_some_faces, mean=_means)


def _name(label: int, classes: tuple) -> str:
    return classes[label] if label >= 0 else 'unknown'


def _read_history(path: Optional[str], checkpoint: str) -> List[dict]:
    """Rows of the hook's file; none if it was not asked for by name."""
    asked = path is not None
    path = path or osp.join(osp.dirname(checkpoint), 'gates.json')
    if not osp.isfile(path):
        if asked:
            raise UserError(f'--history {path}: no such file; '
                            'mmfermtl.GateStatisticsHook writes it')
        return []
    rows = read_json(path, GATES_SHAPE, 'give the gates.json of a run')
    last = [sorted(point) for point in rows[-1]['points']] if rows else []
    for row in rows:
        if [sorted(point) for point in row['points']] != last:
            raise UserError(
                f'{path}: iteration {row["iter"]} has other exchange points '
                f'than iteration {rows[-1]["iter"]}; give the gates.json of '
                'one run')
    return rows
