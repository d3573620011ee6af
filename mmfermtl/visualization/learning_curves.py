from math import ceil
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Row = Dict[str, Any]
Points = Tuple[List[int], List[float]]

#: Largest ratio of losses on a linear axis.
LOG_SCALE_RATIO = 50
STYLES = ('-', '--', ':', '-.')


def draw_learning_curves(rows: Sequence[Row],
                         path: str,
                         accuracy_key: str = 'accuracy/top1',
                         f1_key: str = 'macro/f1') -> None:
    """Draw the history of a training run to an image file.

    There is a panel for the losses, one for accuracy and F1, and one for
    each synthesis score. Panels without data are left out. The last value
    of each curve is marked and written in the legend.

    Args:
        rows (Sequence[dict]): One dict per epoch with ``'epoch'`` (int),
            ``'train'`` (dict of mean losses) and ``'val'`` (dict of metrics,
            or None if the epoch was not validated).
        path (str): Image file, for example ``learning_curves.png``.
        accuracy_key (str): Key of the accuracy in percent.
        f1_key (str): Key of the macro F1 score in percent.

    Raises:
        ValueError: If there is no row.
    """
    if not rows:
        raise ValueError(f'no epochs to draw to {path}; expected one row per '
                         'epoch')
    losses = [k for k in _names(rows, 'train') if 'loss' in k]
    metrics = _names(rows, 'val')
    panels: List[Callable[..., None]] = []
    if losses:
        panels.append(lambda axes: _draw_losses(axes, rows, losses))
    scores = {accuracy_key: 'accuracy', f1_key: 'macro F1'}
    scores = {k: label for k, label in scores.items() if k in metrics}
    if scores:
        panels.append(lambda axes: _draw_panel(axes, rows, 'val', scores,
                                               'recognition', 'percent'))
    for key in metrics:
        # Integers are counts, such as the number of pairs, not scores.
        values = _points(rows, 'val', key)[1]
        if key.startswith('synthesis/') and any(
                isinstance(v, float) for v in values):
            name = key[len('synthesis/'):]
            # Defaults bind the present key and name, not the last ones.
            panels.append(lambda axes, key=key, name=name: _draw_panel(
                axes, rows, 'val', {key: name}, f'synthesis: {name}', name))
    _draw_figure(panels, path)


def _draw_figure(panels: Sequence[Callable[[Axes], None]], path: str) -> None:
    """Lay panels out on a grid of up to three columns and save it."""
    # pyplot would keep the figure open.
    columns = min(3, max(1, len(panels)))
    lines = max(1, ceil(len(panels) / columns))
    figure = Figure(figsize=(5.2 * columns, 3.8 * lines), layout='constrained')
    for i, panel in enumerate(panels):
        panel(figure.add_subplot(lines, columns, i + 1))
    figure.savefig(path, dpi=110)


def _draw_losses(axes: Axes, rows: Sequence[Row],
                 losses: Sequence[str]) -> None:
    """Draw the loss panel, on a logarithmic axis if the range is wide."""
    _draw_panel(axes, rows, 'train', {k: k
                                      for k in losses}, 'training losses',
                'mean over the epoch')
    values = [v for k in losses for v in _points(rows, 'train', k)[1]]
    if values and min(values) > 0 and \
            max(values) > LOG_SCALE_RATIO * min(values):
        axes.set_yscale('log')


def _draw_panel(axes: Axes, rows: Sequence[Row], part: str,
                labels: Dict[str, str], title: str, unit: str) -> None:
    """Draw some curves of one part of the history into axes."""
    for i, (key, label) in enumerate(labels.items()):
        epochs, values = _points(rows, part, key)
        if not values:
            continue
        # Matplotlib has ten colours, so the line style changes after ten.
        style = STYLES[i // 10 % len(STYLES)]
        line, = axes.plot(
            epochs, values, style, label=f'{label} ({values[-1]:.4g})')
        axes.plot(epochs[-1], values[-1], 'o', color=line.get_color())
    axes.set_title(title)
    axes.set_xlabel('epoch')
    axes.set_ylabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize='small', title='last value in brackets')


def _points(rows: Sequence[Row], part: str, key: str) -> Points:
    """Return the epochs and values of one curve, without missing ones."""
    points = [(row['epoch'], _value(row, part, key)) for row in rows]
    found = [(epoch, value) for epoch, value in points if value is not None]
    return [p[0] for p in found], [p[1] for p in found]


def _value(row: Row, part: str, key: str) -> Optional[float]:
    """Return one number of a row, or None."""
    value = (row.get(part) or {}).get(key)
    return value if isinstance(value, (int, float)) else None


def _names(rows: Sequence[Row], part: str) -> List[str]:
    """Return the keys of one part of the history, in order of appearance."""
    return list(dict.fromkeys(k for row in rows for k in row.get(part) or {}))
