from typing import Sequence

import numpy as np
from matplotlib.figure import Figure


def draw_confusion_matrix(confusion: np.ndarray, classes: Sequence[str],
                          path: str, title: str) -> None:
    """Draw a confusion matrix to an image file.

    A cell shows its share of the row in percent, and the count below; its
    colour is the share. Rows without a sample stay empty.

    Args:
        confusion (np.ndarray): ``(E, E)`` counts; rows are ground truth,
            columns predictions.
        classes (Sequence[str]): Names of the ``E`` classes.
        path (str): Image file, for example ``confusion.png``.
        title (str): Title of the figure.
    """
    confusion = np.asarray(confusion, np.float64)
    size = len(classes)
    totals = confusion.sum(1, keepdims=True)
    # Rows without a sample become 0 instead of NaN.
    shares = confusion / np.maximum(totals, 1)
    # pyplot would keep the figure open.
    side = 1.6 + 0.75 * size  # inches: labels, and a cell per class
    figure = Figure(figsize=(side + 0.8, side), layout='constrained')
    axes = figure.add_subplot()
    image = axes.imshow(100 * shares, cmap='Blues', vmin=0, vmax=100)
    figure.colorbar(image, ax=axes, shrink=0.8, label='percent of the row')
    for row, column in np.ndindex(size, size):
        count = confusion[row, column]
        if count:
            share = shares[row, column]
            axes.text(
                column,
                row,
                f'{100 * share:.1f}\n{count:.0f}',
                ha='center',
                va='center',
                fontsize='small',
                color='white' if share > 0.5 else 'black')  # on dark cells
    axes.set_xticks(range(size), classes, rotation=45, ha='right')
    axes.set_yticks(range(size), classes)
    axes.set_xlabel('predicted')
    axes.set_ylabel('true')
    axes.set_title(title)
    figure.savefig(path, dpi=110)
