from typing import NamedTuple, Sequence, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Points of a curve: its x and its y.
Curve = Tuple[np.ndarray, np.ndarray]


class ReliabilityCurves(NamedTuple):
    """What is drawn of a set; all values are shares from 0 to 1."""

    name: str
    #: Mean confidence and accuracy of bins, before and after calibration.
    before: Curve
    after: Curve
    #: Share that is answered, and the accuracy among it.
    selective: Curve
    #: Coverage that was asked for, and that which was found.
    coverage: Curve
    #: Mean number of classes of a set at each coverage.
    sizes: Sequence[float]


def draw_reliability(curves: Sequence[ReliabilityCurves], path: str) -> None:
    """Draw how far the probabilities of a model can be believed.

    A row for each set: accuracy over confidence before and after the
    calibration, accuracy over the share of images that is answered, and the
    coverage of sets over the one asked for.

    Args:
        curves (Sequence[ReliabilityCurves]): The sets.
        path (str): Image file, for example ``calibration.png``.
    """
    # pyplot would keep the figure open.
    figure = Figure(figsize=(13, 4.1 * len(curves)), layout='constrained')
    axes = figure.subplots(len(curves), 3, squeeze=False)
    for row, one in zip(axes, curves):
        _draw_reliability(row[0], one)
        # The accuracy of the first few says nothing.
        share, accuracy = one.selective
        row[1].plot(
            share[share >= 0.02], accuracy[share >= 0.02], color='tab:blue')
        row[1].set_xlabel('share that is answered, surest first')
        row[1].set_ylabel('accuracy among it')
        row[1].set_title(f'{one.name}: selective accuracy')
        _draw_coverage(row[2], one)
        for panel in row:
            panel.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def _draw_reliability(axes: Axes, one: ReliabilityCurves) -> None:
    axes.plot((0, 1), (0, 1), '--', color='grey', label='as sure as right')
    axes.plot(*one.before, 'o-', color='tab:orange', label='before')
    axes.plot(*one.after, 's-', color='tab:blue', label='after')
    low = min(map(np.min, (*one.before, *one.after)))
    axes.set_xlim(max(0., float(low) - 0.05), 1.02)
    axes.set_ylim(axes.get_xlim())
    axes.set_xlabel('confidence (bins of equal mass)')
    axes.set_ylabel('accuracy')
    axes.set_title(f'{one.name}: reliability')
    axes.legend()


def _draw_coverage(axes: Axes, one: ReliabilityCurves) -> None:
    asked, found = one.coverage
    axes.plot(asked, asked, '--', color='grey', label='asked for')
    axes.plot(asked, found, 'o-', color='tab:blue', label='found')
    for x, y, size in zip(asked, found, one.sizes):
        axes.annotate(
            f'{size:.2f} classes', (x, y),
            xytext=(8, -12),
            textcoords='offset points',
            fontsize='small')
    axes.margins(0.2)
    axes.set_xlabel('coverage asked for')
    axes.set_ylabel('coverage found')
    axes.set_title(f'{one.name}: sets')
    axes.legend(loc='upper left')
