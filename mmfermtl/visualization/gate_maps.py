"""Pictures of what the gates of the sharing units let through."""
from typing import Any, Dict, List, Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: Weight of the heat map over the face.
OPACITY = 0.55
ARROWS = dict(to_fer='FES to FER', to_fes='FER to FES')


def draw_gate_maps(faces: Sequence[np.ndarray], names: Sequence[str],
                   maps: Dict[str, np.ndarray], path: str) -> None:
    """Lay gates over faces, one row a face and one column a gate.

    All rows of a column have one scale, which stands below it: gates vary
    little around their mean, and would look flat on a scale from 0 to 1.

    Args:
        faces (Sequence[np.ndarray]): ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.
        names (Sequence[str]): What stands beside each row.
        maps (dict[str, np.ndarray]): ``(N, h, w)`` in [0, 1] by title.
        path (str): Image file.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if not maps or not len(faces):
        raise ValueError(f'no gates to draw to {path}')
    rows, columns = len(faces), 1 + len(maps)
    figure = Figure(
        figsize=(1.4 * columns, 1.42 * rows + 1.), layout='constrained')
    FigureCanvasAgg(figure)
    # Room for the numbers of the last scale.
    figure.get_layout_engine().set(w_pad=0.08)
    # The scales have a row of their own, so that all faces are in line.
    grid = figure.subplots(
        rows + 1,
        columns,
        squeeze=False,
        gridspec_kw=dict(height_ratios=[1.] * rows + [0.1]))
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    grid[0, 0].set_title('face', fontsize=8)
    grid[rows, 0].axis('off')
    for line, face, name in zip(grid, faces, names):
        line[0].imshow(_rgb(face))
        line[0].set_ylabel(name, fontsize=8)
    for column, (title, values) in enumerate(maps.items(), 1):
        grid[0, column].set_title(title, fontsize=8)
        _draw_column(grid[:, column], faces, values)
    figure.savefig(path, dpi=110)


def _draw_column(column: Sequence[Axes], faces: Sequence[np.ndarray],
                 values: np.ndarray) -> None:
    """The maps of one gate, and their scale in the last axes."""
    low, high = float(values.min()), float(values.max())
    for axes, face, value in zip(column, faces, values):
        size = face.shape[1], face.shape[0]
        value = cv2.resize(
            value.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        axes.imshow(_rgb(face))
        heat = axes.imshow(
            value, cmap='inferno', alpha=OPACITY, vmin=low, vmax=high)
    bar = column[-1].figure.colorbar(
        heat,
        cax=column[-1],
        orientation='horizontal',
        ticks=[low, high],
        format='%.2f')
    bar.ax.tick_params(labelsize=7)


def draw_gate_history(rows: Sequence[Dict[str, Any]], path: str) -> None:
    """Draw the gates and the gradients over training.

    A panel each shows the means of r and of z, in bands of one standard
    deviation; further ones the cosine of the gradients of the two tasks and
    their lengths. What the rows do not have is left out.

    Args:
        rows (Sequence[dict]): Rows of ``gates.json``, see
            :class:`~mmfermtl.engine.GateStatisticsHook`.
        path (str): Image file.

    Raises:
        ValueError: If there is nothing to draw.
    """
    panels: List[Any] = []
    if rows and rows[-1]['points']:
        panels += [
            lambda axes, gate=gate: _draw_gate(axes, rows, gate)
            for gate in ('r', 'z')
        ]
    if any(row.get('cosine') is not None for row in rows):
        panels += [
            lambda axes: _draw_cosine(axes, rows),
            lambda axes: _draw_lengths(axes, rows)
        ]
    if not panels:
        raise ValueError(f'no gates and no gradients to draw to {path}')
    lines = len(panels) // 2
    figure = Figure(figsize=(11., 3.8 * lines), layout='constrained')
    FigureCanvasAgg(figure)
    for axes, panel in zip(
            figure.subplots(lines, 2, squeeze=False).flat, panels):
        panel(axes)
        axes.set_xlabel('iteration')
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def _rgb(face: np.ndarray) -> np.ndarray:
    if face.ndim == 2 or face.shape[2] == 1:
        return np.repeat(face.reshape(*face.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(face[..., ::-1])


def _draw_gate(axes: Axes, rows: Sequence[Dict[str, Any]], gate: str) -> None:
    steps = [row['iter'] for row in rows]
    for index, point in enumerate(rows[-1]['points']):
        for direction in filter(point.__contains__, ARROWS):
            numbers = [row['points'][index][direction] for row in rows]
            mean, std = (
                np.array([n[f'{gate}_{kind}'] for n in numbers], float)
                for kind in ('mean', 'std'))
            style = '-' if direction == 'to_fer' else '--'
            line, = axes.plot(
                steps,
                mean,
                style,
                label=f'point {index + 1}, {ARROWS[direction]}')
            axes.fill_between(
                steps,
                mean - std,
                mean + std,
                alpha=0.08,
                color=line.get_color())
    title = dict(
        r='reset gate r: what of the giver leaks in',
        z='update gate z: how much is replaced')
    axes.set_title(title[gate])
    axes.set_ylim(0, 1)
    axes.legend(fontsize='small')


def _draw_cosine(axes: Axes, rows: Sequence[Dict[str, Any]]) -> None:
    points = [(row['iter'], row['cosine']) for row in rows
              if row.get('cosine') is not None]
    axes.plot(*zip(*points), '.-', linewidth=0.8)
    axes.axhline(0, color='black', linewidth=0.8)
    mean = float(np.mean([value for _, value in points]))
    axes.set_title('cosine of the tasks\' gradients on the stem\n'
                   f'mean {mean:.3f}; below 0 they conflict')
    axes.set_ylim(-1, 1)


def _draw_lengths(axes: Axes, rows: Sequence[Dict[str, Any]]) -> None:
    for task in ('fer', 'fes'):
        key = f'grad_norm_{task}'
        points = [(row['iter'], row[key]) for row in rows if row.get(key)]
        if points:
            axes.plot(*zip(*points), '.-', linewidth=0.8, label=task.upper())
    axes.set_yscale('log')
    axes.set_title('length of the gradients on the stem')
    axes.legend(fontsize='small')
