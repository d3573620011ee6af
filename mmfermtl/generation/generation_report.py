"""Report of a generated training set: text, summary and contact sheet."""
import os.path as osp
import textwrap
from typing import Any, Dict, List, Sequence

import cv2
import numpy as np

from ..utils.decoding.face_decoding import decode_face
from ..utils.safe_text import escape_markdown, markdown_code
from ..utils.text_table import format_table
from ..visualization.dataset_pages import Tile, draw_page
from .quality_filters import FILTERS
from .source_images import SourceImages

#: Images of each class on the contact sheet.
SHEET_IMAGES = 6
NOTICE = ('These images are derived from images of the source dataset and may '
          'show its subjects: the terms of its licence hold for them too. '
          'Those of CK+, Oulu-CASIA, MMI, BU-4DFE and other licensed sets '
          'must not be shared or published beyond what it allows.')


def format_report(header: Dict[str, Any], real: Sequence[int],
                  counts: Dict[str, Dict[str, Any]]) -> str:
    """Format the report as Markdown, without names of folders.

    Args:
        header (dict): All that the set depends on.
        real (Sequence[int]): Real training images of each class.
        counts (dict): By class: ``wanted``, ``generated``,
            ``tried``, ``refused_images`` and ``refused`` by filter.
    """
    options = header['options']
    rows = [(name, number, row['wanted'], row['generated'],
             number + row['generated'], row['tried'], row['refused_images'],
             *(row['refused'].get(key, 0) for key in FILTERS))
            for number, (name, row) in zip(real, counts.items())]
    sums = [sum(column) for column in list(zip(*rows))[1:]]
    table = format_table(
        ('class', 'real', 'wanted', 'generated', 'together', 'tried',
         'refused', *(f'by {name}' for name in FILTERS)),
        [*rows, ('all', *sums)])
    filters = ', '.join(
        f'{name} {_threshold(options[option])}'
        for name, option in zip(FILTERS, ('agreement', 'identity', 'change')))
    config_sha256 = header['config']['sha256']
    facts = [
        f'dataset: {header["dataset"]}, split {header["split"]}, fold '
        f'{header["fold"]} of {header["num_folds"]}, rule '
        f'{header["fold_rule"]}',
        f'checkpoint: {header["checkpoint"]["name"]}, SHA-256 '
        f'{header["checkpoint"]["sha256"]}',
        f'config: {header["config"]["name"]}' +
        (f', SHA-256 of the one trained with {config_sha256}' if config_sha256
         else ''), f'evaluation classifier: {_name(header["classifier"])}',
        f'embedder: {_name(header["embedder"])}',
        f'quality filters: {filters}', f'options: {options}'
    ]
    lines = [
        '# Generated training set', '', NOTICE, '',
        *(f'- {escape_markdown(fact)}' for fact in facts), '',
        markdown_code(table), '', 'An image may be refused by several filters.'
    ]
    return '\n'.join([*lines, *_shortfalls(counts)]) + '\n'


def _threshold(value: Any) -> str:
    return 'off' if value is None else f'from {value}'


def _name(network: Any) -> str:
    return 'none' if network is None else (
        f'{network["name"]}, SHA-256 {network["sha256"]}')


def _shortfalls(counts: Dict[str, Dict[str, Any]]) -> List[str]:
    """Describe each class with too few images, and how to get more."""
    return [
        f'{name}: {row["generated"]} of {row["wanted"]} wanted, although all '
        f'{row["tried"]} candidates were tried. Lower a threshold, or give '
        '--intensity or --mixture a range, which makes more candidates.'
        for name, row in counts.items() if row['generated'] < row['wanted']
    ]


def summary_line(out: str, counts: Dict[str, Dict[str, Any]]) -> str:
    """Summarise a run, with a line for each class with too few images."""
    sums = {
        key: sum(row[key] for row in counts.values())
        for key in ('generated', 'tried', 'refused_images')
    }
    refused = {
        name: sum(row['refused'].get(name, 0) for row in counts.values())
        for name in FILTERS
    }
    by_filter = ', '.join(f'{name} {n}' for name, n in refused.items() if n)
    text = (f'{out}: {sums["generated"]} images generated, '
            f'{sums["refused_images"]} of {sums["tried"]} refused' +
            (f' ({by_filter})' if by_filter else ''))
    return '\n'.join([*_shortfalls(counts), text])


def draw_sheet(root: str, sources: SourceImages,
               images: List[Dict[str, Any]]) -> np.ndarray:
    """Draw some generated images of each class beside their sources.

    Of the rows of a provenance, this is a page ``(H, W, 3)`` uint8 BGR.
    """
    indices = {
        _key(sources.describe(i)): i
        for i in range(len(sources.labels))
    }
    tiles = []
    for name in sources.classes:
        rows = [row for row in images if row['expression'] == name]
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), SHEET_IMAGES))
        for row in (rows[k] for k in chosen.round().astype(int)):
            source = row['source']
            real = sources.load([indices[_key(source)]])[0].numpy()
            generated = decode_face(osp.join(root, row['path']), 'color')
            scores = ', '.join(f'{k} {v:.2f}'
                               for k, v in row['scores'].items())
            tiles.append(
                Tile([real.transpose(1, 2, 0), generated], [
                    f'{source["expression"] or "no label"} → {name}',
                    f'{source["subject"]}/{source["sequence"]} frame '
                    f'{source["frame_index"]}', scores
                ], ['source', 'generated']))
    page = draw_page(tiles or [Tile([None], ['nothing passed'])], SHEET_IMAGES,
                     f'{len(tiles)} of {len(images)} generated images')
    return np.concatenate([page, _draw_notice(page.shape[1])])


def _draw_notice(width: int) -> np.ndarray:
    """Draw the notice on the licence, ``(H, width, 3)`` uint8."""
    lines = textwrap.wrap(NOTICE, max(width // 9, 20))
    strip = np.full((20 * len(lines) + 16, width, 3), 255, np.uint8)
    for k, line in enumerate(lines):
        cv2.putText(strip, line, (16, 20 * k + 16), cv2.FONT_HERSHEY_SIMPLEX,
                    0.45, (30, 30, 30), 1, cv2.LINE_AA)
    return strip


def _key(source: Dict[str, Any]) -> tuple:
    return tuple(source[k] for k in ('subject', 'sequence', 'frame_index'))
