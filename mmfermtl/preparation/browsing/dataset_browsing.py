"""Pages of the images of a dataset, as ``tools/browse_dataset.py`` draws."""
import os.path as osp
from itertools import chain
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import cv2
import numpy as np
from mmengine.config import Config

from ...datasets import ExpressionDataset
from ...engine.config.config_datasets import build_datasets, iterate_folds
from ...expressions import EXPRESSIONS
from ...utils.errors import UserError
from ...utils.output_files import make_output_folder, report_write_errors
from ...visualization.dataset_charts import (FoldContent, draw_class_charts,
                                             draw_subject_charts)
from ...visualization.dataset_pages import Tile, draw_page
from .sample_tiles import image_tile, pair_tile, pipeline_tile

NOTICE = ('These pages show images of the dataset. Those of CK+, '
          'Oulu-CASIA, MMI, BU-4DFE and other licensed sets must not be '
          'shared or published beyond what the licence allows.')
UNLABELLED = 'no label'
Sample = Tuple[ExpressionDataset, int]


def browse_dataset(cfg: Config,
                   out: Optional[str] = None,
                   show: bool = False,
                   charts: bool = False,
                   every_fold: bool = True,
                   **options: Any) -> List[str]:
    """Save or show pages of a dataset, with a notice on its licence.

    Args:
        cfg (Config): A loaded config.
        out (str, optional): Folder for PNG files. Nothing is written
            elsewhere.
        show (bool): Whether to show each page in a window. Defaults to
            False.
        charts (bool): Whether to draw bar charts of the folds too. Defaults
            to False.
        every_fold (bool): Whether the charts are of all folds or of the
            config's own. Defaults to True.
        **options: See :func:`browse_pages`.

    Returns:
        list[str]: The files written.

    Raises:
        UserError: If neither ``out`` nor ``show`` is given, or as
            :func:`browse_pages`.
    """
    if out is None and not show:
        raise UserError('give --out FOLDER to save the pages or --show to '
                        'open them in windows')
    pages = browse_pages(cfg, **options)
    if charts:
        pages = chain(pages, browse_charts(cfg, every_fold))
    print(NOTICE)
    files: List[str] = []
    if out is not None:
        make_output_folder('--out', out)
    for name, page in pages:
        if out is not None:
            path = osp.join(out, f'{name}.png')
            content = cv2.imencode('.png', page)[1].tobytes()
            with report_write_errors('--out', path), open(path, 'wb') as file:
                file.write(content)
            files.append(path)
            print(path)
        if show:
            _show(name, page)
    return files


def browse_pages(cfg: Config,
                 split: str = 'train',
                 pages: int = 1,
                 rows: int = 4,
                 columns: int = 6,
                 pairs: bool = False) -> Iterator[Tuple[str, np.ndarray]]:
    """Draw pages of the images of one split of a config.

    The images are spread evenly over the split, in its order. They are shown
    with their labels, and then as the pipeline returns them.

    Args:
        cfg (Config): A loaded config.
        split (str): ``'train'``, ``'val'`` or ``'test'``. Defaults to
            ``'train'``.
        pages (int): Pages of each kind. Defaults to 1.
        rows (int): Rows of a page. Defaults to 4.
        columns (int): Images per row. A tile of several images counts as that
            many. Defaults to 6.
        pairs (bool): Whether to draw pages of pairs too. Defaults to False.

    Yields:
        tuple[str, np.ndarray]: Name without suffix, for example
        ``'train_images_01'``, and the page, ``(H, W, 3)`` BGR uint8.

    Raises:
        UserError: If a number is not positive, the config lacks the split,
            or pairs are asked of a dataset that draws none.
    """
    for name, value in (('pages', pages), ('rows', rows), ('cols', columns)):
        if value < 1:
            raise UserError(f'--{name} {value}: expected 1 or more')
    datasets = build_datasets(cfg, split)
    samples = [(d, i) for d in datasets for i in range(len(d))]
    # How to draw a tile of each kind, and how many images it has.
    kinds: Dict[str, Tuple[Callable[..., Tile], int]] = dict(
        images=(image_tile, 1), pipeline=(pipeline_tile, 3))
    if pairs:
        if not all(d.pairs for d in datasets):
            raise UserError(f'--pairs: the {split} dataset of {cfg.filename} '
                            'draws no pairs; set `pairs=True` in it, or '
                            'leave the option out')
        kinds['pairs'] = (pair_tile, 4)
    for kind, (draw, wide) in kinds.items():
        per_row = max(1, columns // wide)
        chosen = spread(samples, pages * rows * per_row)
        for number in range(pages):
            part = chosen[number * rows * per_row:][:rows * per_row]
            if part:
                title = (f'{osp.basename(cfg.filename)}, {split}: {kind}, '
                         f'page {number + 1}, {len(part)} of {len(samples)}')
                yield f'{split}_{kind}_{number + 1:02d}', draw_page(
                    [draw(*sample) for sample in part], per_row, title)


def spread(samples: List[Sample], number: int) -> List[Sample]:
    """Choose some samples at even distances, or all if there are fewer."""
    if number >= len(samples):
        return samples
    places = np.linspace(0, len(samples) - 1, number).round().astype(int)
    return [samples[k] for k in places]


def browse_charts(cfg: Config,
                  every_fold: bool = True) -> Iterator[Tuple[str, np.ndarray]]:
    """Draw bar charts of the classes and of the subjects of each fold.

    Yields:
        tuple[str, np.ndarray]: Name without suffix, and the chart, ``(H, W,
        3)`` BGR uint8.
    """
    folds = []
    for fold, train, test in iterate_folds(cfg, every_fold):
        title = 'as configured' if fold is None else f'fold {fold}'
        folds.append(FoldContent(title, _contents(train), _contents(test)))
    shown = {label for f in folds for label, _ in (*f.train, *f.test)}
    own = sorted(shown - {*EXPRESSIONS, UNLABELLED})
    classes = [n for n in (*EXPRESSIONS, *own, UNLABELLED) if n in shown]
    for name, figures in (('classes', draw_class_charts(folds, classes)),
                          ('subjects', draw_subject_charts(folds, classes))):
        for number, figure in enumerate(figures, 1):
            figure.canvas.draw()
            chart = np.asarray(figure.canvas.buffer_rgba())[..., 2::-1]
            suffix = f'_{number:02d}' if len(figures) > 1 else ''
            yield f'{name}_per_fold{suffix}', np.ascontiguousarray(chart)


def _contents(datasets: List[ExpressionDataset]) -> List[Tuple[str, str]]:
    """List class name and subject of each image."""
    found = []
    for dataset in datasets:
        name = f'{type(dataset).__name__} ' if len(datasets) > 1 else ''
        for label, subject in zip(dataset.get_gt_labels().tolist(),
                                  dataset.get_subjects()):
            expression = dataset.CLASSES[label] if label >= 0 else UNLABELLED
            found.append((expression, f'{name}{subject}'))
    return found


def _show(name: str, page: np.ndarray) -> None:
    """Show a page ``(H, W, 3)`` BGR uint8 in a window, until it is closed."""
    # Imported only now, because the import chooses a backend for the screen.
    import matplotlib.pyplot as plt
    figure = plt.figure(name, (page.shape[1] / 100, page.shape[0] / 100))
    if plt.get_backend().lower() == 'agg':
        plt.close(figure)
        raise UserError('--show: there is no screen to show a window on; '
                        'give --out FOLDER instead')
    figure.figimage(page[..., ::-1])
    plt.show()
    plt.close(figure)
