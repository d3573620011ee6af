"""Draw bar charts of the content of folds."""
from collections import Counter
from functools import partial
from typing import Any, List, NamedTuple, Sequence, Tuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

#: Panels of one figure.
MAX_PANELS = 10
#: Width of a bar; two of them share the distance 1 of two classes.
_WIDTH = 0.4
#: Class name and subject of each image.
Images = Sequence[Tuple[str, str]]


class FoldContent(NamedTuple):
    """The training and test images of a fold."""

    title: str
    train: Images
    test: Images


def draw_class_charts(folds: Sequence[FoldContent],
                      classes: Sequence[str]) -> List[Figure]:
    """Draw the share of each class in training and test, fold by fold.

    Args:
        folds (Sequence[FoldContent]): The folds.
        classes (Sequence[str]): Names in the order of the bars.

    Returns:
        list[Figure]: One for every ten folds. The numbers over the bars
        count images.
    """
    return _draw_figures(
        folds, partial(_draw_classes, classes), 4.6,
        'Share of each class in training and test; numbers are images')


def draw_subject_charts(folds: Sequence[FoldContent],
                        classes: Sequence[str]) -> List[Figure]:
    """Draw the test images of each subject by class, fold by fold.

    Arguments and figures are those of :func:`draw_class_charts`.
    """
    most = max(len({s for _, s in fold.test}) for fold in folds)
    # Inches: names of subjects stay legible, but a page stays a page.
    width = min(12, max(4.6, 0.26 * most))
    figures = _draw_figures(
        folds, partial(_draw_subjects, classes), width,
        'Test images of each subject; colours are classes')
    for figure in figures:
        # Colours mean the same in all panels.
        figure.axes[0].legend(fontsize='x-small', ncol=4, loc='upper center')
    return figures


def _draw_figures(folds: Sequence[FoldContent], draw: Any, width: float,
                  title: str) -> List[Figure]:
    """Lay out one panel per fold."""
    figures = []
    for start in range(0, len(folds), MAX_PANELS):
        part = folds[start:start + MAX_PANELS]
        # Four panels per row, or two wide ones; -(-a // b) rounds up.
        rows = -(-len(part) // (2 if width > 6 else 4))
        columns = -(-len(part) // rows)
        size = width * columns, 3.4 * rows + 0.8
        # pyplot would keep the figure open.
        figure = Figure(figsize=size, layout='constrained', dpi=100)
        FigureCanvasAgg(figure)  # callers read the pixels of the canvas
        figure.suptitle(title)
        for number, fold in enumerate(part, 1):
            draw(figure.add_subplot(rows, columns, number), fold)
        figures.append(figure)
    return figures


def _draw_classes(classes: Sequence[str], axes: Axes,
                  fold: FoldContent) -> None:
    """Draw the share of each class in training and test."""
    sides = dict(train=fold.train, test=fold.test)
    for side, (name, images) in enumerate(sides.items()):
        counts = Counter(label for label, _ in images)
        shares = [100 * counts[c] / max(1, len(images)) for c in classes]
        places = [k + (side - 0.5) * _WIDTH for k in range(len(classes))]
        bars = axes.bar(
            places, shares, _WIDTH, label=f'{name}: {len(images)} images')
        axes.bar_label(bars, [counts[c] for c in classes], fontsize=7)
    axes.set_title(fold.title)
    axes.set_ylabel('percent')
    axes.set_xticks(range(len(classes)), classes, rotation=40, ha='right')
    axes.margins(y=0.35)  # room for the legend
    axes.legend(fontsize='small', loc='upper left')


def _draw_subjects(classes: Sequence[str], axes: Axes,
                   fold: FoldContent) -> None:
    """Draw the test images of each subject, stacked by class."""
    counts = Counter(fold.test)
    subjects = sorted({subject for _, subject in fold.test})
    below = [0] * len(subjects)  # height of the bars so far
    for number, name in enumerate(classes):
        heights = [counts[name, subject] for subject in subjects]
        axes.bar(
            range(len(subjects)),
            heights,
            bottom=below,
            label=name,
            color=matplotlib.colormaps['tab10'](number % 10))
        below = [a + b for a, b in zip(below, heights)]
    axes.set_title(f'{fold.title}: {len(subjects)} subjects, '
                   f'{len(fold.test)} images')
    axes.set_ylabel('images')
    # Room for the legend of the first panel.
    axes.set_ylim(0, 1.3 * max(below, default=1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xticks(range(len(subjects)), subjects, rotation=90, fontsize=7)
