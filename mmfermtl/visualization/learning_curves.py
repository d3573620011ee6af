from math import ceil
from typing import Any, Dict, List, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Row = Dict[str, Any]
#: Largest ratio of losses on a linear axis.
LOG_SCALE_RATIO = 50
STYLES = ('-', '--', ':', '-.')


def draw_learning_curves(rows: Sequence[Row],
                         path: str,
                         accuracy_key: str = 'accuracy/top1',
                         f1_key: str = 'macro/f1',
                         synthesis_prefix: str = 'synthesis/') -> None:
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
        synthesis_prefix (str): Prefix of the keys of synthesis scores.

    Raises:
        ValueError: If there is no row.
    """
    if not rows:
        raise ValueError(f'no epochs to draw to {path}; expected one row per '
                         'epoch')
    losses = {k: k for k in _names(rows, 'train') if 'loss' in k}
    metrics = _names(rows, 'val')
    scores = {accuracy_key: 'accuracy', f1_key: 'macro F1'}
    scores = {k: label for k, label in scores.items() if k in metrics}
    panels = [('train', losses, 'training losses', 'mean over the epoch'),
              ('val', scores, 'recognition', 'percent')]
    for key in metrics:
        # Integers are counts, such as the number of pairs, not scores.
        if key.startswith(synthesis_prefix) and any(
                isinstance(v, float) for _, v in _points(rows, 'val', key)):
            name = key[len(synthesis_prefix):]
            panels.append(('val', {key: name}, f'synthesis: {name}', name))
    panels = [panel for panel in panels if panel[1]]
    columns = min(3, max(1, len(panels)))
    lines = max(1, ceil(len(panels) / columns))
    # pyplot would keep the figure open.
    figure = Figure(figsize=(5.2 * columns, 3.8 * lines), layout='constrained')
    for number, panel in enumerate(panels, 1):
        _draw_panel(figure.add_subplot(lines, columns, number), rows, *panel)
    figure.savefig(path, dpi=110)


def _draw_panel(axes: Axes, rows: Sequence[Row], part: str,
                labels: Dict[str, str], title: str, unit: str) -> None:
    """Draw curves of one part of the history; losses, if need be, as logs."""
    drawn: List[float] = []
    for i, (key, label) in enumerate(labels.items()):
        points = _points(rows, part, key)
        if not points:
            continue
        epochs, values = zip(*points)
        drawn += values
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
    low, high = min(drawn, default=0), max(drawn, default=0)
    if part == 'train' and 0 < low * LOG_SCALE_RATIO < high:
        axes.set_yscale('log')


def _points(rows: Sequence[Row], part: str,
            key: str) -> List[Tuple[int, float]]:
    """Return the epochs and values of one curve, without missing ones."""
    values = [(row['epoch'], (row.get(part) or {}).get(key)) for row in rows]
    return [(k, v) for k, v in values if isinstance(v, (int, float))]


def _names(rows: Sequence[Row], part: str) -> List[str]:
    """Return the keys of one part of the history, in order of appearance."""
    return list(dict.fromkeys(k for row in rows for k in row.get(part) or {}))
