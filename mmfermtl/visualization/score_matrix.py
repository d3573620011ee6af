from typing import Sequence

import numpy as np
from matplotlib.figure import Figure


def draw_score_matrix(scores: np.ndarray, texts: Sequence[Sequence[str]],
                      rows: Sequence[str], columns: Sequence[str], path: str,
                      title: str) -> None:
    """Draw scores of models on test sets to an image file.

    Args:
        scores (np.ndarray): ``(R, C)`` in percent, which colour the cells.
        texts (Sequence[Sequence[str]]): What the cells show, ``R`` times
            ``C``.
        rows (Sequence[str]): Names of the models.
        columns (Sequence[str]): Names of the sets.
        path (str): Image file, for example ``matrix.png``.
        title (str): Title of the figure.
    """
    height, width = scores.shape
    # Inches: labels, and a cell each; pyplot would keep the figure open.
    figure = Figure(
        figsize=(3 + 1.5 * width, 1.8 + 0.9 * height), layout='constrained')
    axes = figure.add_subplot()
    image = axes.imshow(scores, cmap='Blues', vmin=0, vmax=100, aspect='auto')
    figure.colorbar(image, ax=axes, shrink=0.8, label='accuracy in percent')
    for row, column in np.ndindex(height, width):
        axes.text(
            column,
            row,
            texts[row][column],
            ha='center',
            va='center',
            fontsize='small',
            color='white' if scores[row, column] > 50 else 'black')
    axes.set_xticks(range(width), columns, rotation=30, ha='right')
    axes.set_yticks(range(height), rows)
    axes.set_xlabel('tested on')
    axes.set_ylabel('trained as')
    axes.set_title(title)
    figure.savefig(path, dpi=110)
