"""Draw the gates of the sharing units."""
from functools import partial
from typing import Any, Dict, List, Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Weight of the heat map over the image.
OPACITY = 0.55
#: Names of the directions in titles and legends.
ARROWS = dict(to_fer='FES to FER', to_fes='FER to FES')


def draw_gate_maps(images: Sequence[np.ndarray], names: Sequence[str],
                   maps: Dict[str, np.ndarray], path: str) -> None:
    """Draw gates as heat maps over images, a row per image.

    Each column is a gate, and its color bar is below it: gates vary little
    around their mean, and would be invisible on a scale from 0 to 1.

    Args:
        images (Sequence[np.ndarray]): ``N`` images, ``(H, W)`` or
            ``(H, W, 3)`` BGR, uint8.
        names (Sequence[str]): Name of each row.
        maps (dict[str, np.ndarray]): ``(N, h, w)`` in [0, 1] by title.
        path (str): Image file.
    """
    rows, columns = len(images), 1 + len(maps)
    figure = Figure(
        figsize=(1.4 * columns, 1.42 * rows + 1.), layout='constrained')
    # Room for the numbers of the last color bar.
    figure.get_layout_engine().set(w_pad=0.08)
    # The color bars have a separate row, so that all images are aligned.
    grid = figure.subplots(
        rows + 1,
        columns,
        squeeze=False,
        gridspec_kw=dict(height_ratios=[1.] * rows + [0.1]))
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
    grid[0, 0].set_title('image', fontsize=8)
    grid[rows, 0].axis('off')
    for line, image, name in zip(grid, images, names):
        line[0].imshow(_rgb(image))
        line[0].set_ylabel(name, fontsize=8)
    for column, (title, values) in enumerate(maps.items(), 1):
        grid[0, column].set_title(title, fontsize=8)
        _draw_column(grid[:, column], images, values)
    figure.savefig(path, dpi=110)


def _draw_column(column: Sequence[Axes], images: Sequence[np.ndarray],
                 values: np.ndarray) -> None:
    """Draw the maps ``(N, h, w)`` of one gate, and their color bar below."""
    low, high = float(values.min()), float(values.max())
    for axes, image, value in zip(column, images, values):
        size = image.shape[1], image.shape[0]
        # Gates of deeper points have fewer pixels than the image.
        value = cv2.resize(
            value.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        axes.imshow(_rgb(image))
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

    One panel each shows the means of r and of z, with bands of one standard
    deviation; two more show the cosine of the gradients of the two tasks and
    their lengths. Values that the rows lack are left out.

    Args:
        rows (Sequence[dict]): Rows of ``gates.json``, see
            :class:`~mmfermtl.engine.GateStatisticsHook`.
        path (str): Image file.

    Raises:
        ValueError: If there is nothing to draw.
    """
    panels: List[Any] = []
    # Panels come in pairs, so that each row of the figure is full.
    if rows and rows[-1]['points']:
        panels += [partial(_draw_gate, gate=gate) for gate in ('r', 'z')]
    if any(row.get('cosine') is not None for row in rows):
        panels += [_draw_cosine, _draw_lengths]
    if not panels:
        raise ValueError(f'no gates and no gradients to draw to {path}')
    lines = len(panels) // 2
    figure = Figure(figsize=(11., 3.8 * lines), layout='constrained')
    for axes, panel in zip(
            figure.subplots(lines, 2, squeeze=False).flat, panels):
        panel(axes, rows)
        axes.set_xlabel('iteration')
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def _rgb(image: np.ndarray) -> np.ndarray:
    """Convert ``(H, W)`` or ``(H, W, 3)`` BGR to ``(H, W, 3)`` RGB."""
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image[..., ::-1])


def _draw_gate(axes: Axes, rows: Sequence[Dict[str, Any]], gate: str) -> None:
    """Draw the means of one gate at all points and in both directions."""
    steps = [row['iter'] for row in rows]
    for index, point in enumerate(rows[-1]['points']):
        for direction in filter(point.__contains__, ARROWS):
            numbers = [row['points'][index][direction] for row in rows]
            mean, std = (
                np.array([n[f'{gate}_{kind}'] for n in numbers], float)
                for kind in ('mean', 'std'))
            # Solid towards recognition, dashed towards synthesis.
            style = '-' if direction == 'to_fer' else '--'
            label = f'point {index + 1}, {ARROWS[direction]}'
            color = axes.plot(steps, mean, style, label=label)[0].get_color()
            axes.fill_between(
                steps, mean - std, mean + std, alpha=0.08, color=color)
    title = dict(
        r='reset gate r: share of the source features',
        z='update gate z: share that is replaced')
    axes.set_title(title[gate])
    axes.set_ylim(0, 1)
    axes.legend(fontsize='small')


def _draw_cosine(axes: Axes, rows: Sequence[Dict[str, Any]]) -> None:
    """Draw the cosine of the gradients of the two tasks."""
    points = [(row['iter'], row['cosine']) for row in rows
              if row.get('cosine') is not None]
    axes.plot(*zip(*points), '.-', linewidth=0.8)
    axes.axhline(0, color='black', linewidth=0.8)
    mean = float(np.mean([value for _, value in points]))
    axes.set_title('cosine of the tasks\' gradients on the stem\n'
                   f'mean {mean:.3f}; below 0 they conflict')
    axes.set_ylim(-1, 1)


def _draw_lengths(axes: Axes, rows: Sequence[Dict[str, Any]]) -> None:
    """Draw the lengths of the gradients of the two tasks."""
    for task in ('fer', 'fes'):
        key = f'grad_norm_{task}'
        points = [(row['iter'], row[key]) for row in rows if row.get(key)]
        if points:
            axes.plot(*zip(*points), '.-', linewidth=0.8, label=task.upper())
    # The lengths of the two tasks differ by orders of magnitude.
    axes.set_yscale('log')
    axes.set_title('length of the gradients on the stem')
    axes.legend(fontsize='small')
