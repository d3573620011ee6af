"""Write a comparison of two cross-validations as Markdown."""
from typing import Any, Dict, List, Sequence

from ...utils.output_files import report_write_errors
from ...utils.safe_text import escape_markdown, markdown_code
from ...utils.text_table import format_table

SCORES = dict(
    pooled_accuracy='pooled accuracy',
    mean_of_folds_accuracy='mean of folds accuracy',
    uar='UAR',
    macro_f1='macro F1',
    sequence_accuracy='sequence accuracy')


def format_comparison(comparison: Dict[str, Any]) -> str:
    """Write a comparison, for a terminal and as Markdown alike.

    Args:
        comparison (dict): See :func:`compare_runs`.

    Returns:
        str: Text with tables.
    """
    first, second = comparison['studies']
    rows = [(text, f'{first[key]:.2f}', f'{second[key]:.2f}',
             f'{second[key] - first[key]:+.2f}')
            for key, text in SCORES.items()]
    seeds = ', '.join(map(str, comparison['seeds']))
    parts = [
        '# Comparison, B minus A',
        f'- A: {escape_markdown(first["config"])} in '
        f'{escape_markdown(first["path"])}, config '
        f'{first["config_sha256"][:12]}\n'
        f'- B: {escape_markdown(second["config"])} in '
        f'{escape_markdown(second["path"])}, config '
        f'{second["config_sha256"][:12]}\n'
        f'- selection `{comparison["selection"]}`, seed(s) {seeds}, '
        f'{len(comparison["folds"])} folds'
        f'{"" if comparison["complete"] else " (NOT ALL)"}, '
        f'{first["num_images"]} images, {first["num_sequences"]} sequences',
        _block(('percent', 'A', 'B', 'B - A'),
               rows), '## Difference in accuracy, with intervals of 95 %',
        _block(('points', 'images', 'sequences'), _interval_rows(comparison)),
        'The bootstrap draws whole subjects, the same for both '
        f'({comparison["bootstrap_draws"]} draws). With several seeds the '
        'interval of subjects and seeds holds what other seeds, and the '
        'checkpoints that they began with, would give. The t interval has '
        "Nadeau and Bengio's correction for folds that share training "
        'samples.', *_subset_parts(comparison), '## McNemar\'s exact test',
        _block(('seed', 'over', 'only A right', 'only B right', 'of', 'p'),
               _test_rows(comparison)),
        'Frames of a sequence are not independent: over images p is too '
        'small.', '## Folds',
        _block(('fold', 'images', 'A', 'B', 'B - A'), _fold_rows(comparison))
    ]
    return '\n\n'.join(parts)


def save_comparison(text: str, path: str) -> None:
    """Write a comparison to a file.

    Args:
        text (str): What :func:`format_comparison` returned.
        path (str): The file.

    Raises:
        UserError: If it cannot be written.
    """
    with report_write_errors('--out', path):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text + '\n')


def _interval_rows(comparison: Dict[str, Any]) -> List[Sequence[str]]:
    """Differences and their intervals, over images and over sequences."""
    sides = (comparison['difference'], comparison['sequence_difference'])
    return [
        ('pooled', *(f'{side["pooled"]:+.2f}' for side in sides)),
        ('  subject bootstrap', *(_bounds(side['subject_bootstrap'])
                                  for side in sides)),
        ('  subjects and seeds', *(_bounds(side['subjects_and_seeds'])
                                   for side in sides)),
        ('mean of folds', *(f'{side["mean_of_folds"]:+.2f}'
                            for side in sides)),
        ('  t over folds', *(_bounds(side['t_over_folds']) for side in sides)),
    ]


def _subset_parts(comparison: Dict[str, Any]) -> List[str]:
    """Differences over parts of the images, if there are any."""
    rows = [(name, f'{part["pooled"]:+.2f}',
             _bounds(part['subject_bootstrap']),
             _bounds(part['subjects_and_seeds']))
            for name, part in comparison['subsets'].items()]
    if not rows:
        return []
    header = ('part of the images', 'B - A', 'subject bootstrap',
              'subjects and seeds')
    return [_block(header, rows)]


def _bounds(interval: Any) -> str:
    if interval is None:
        return '-'
    low, high = interval
    return f'{low:+.2f} .. {high:+.2f}'


def _test_rows(comparison: Dict[str, Any]) -> List[Sequence[str]]:
    """A row a seed and kind of sample."""
    return [(str(row['seed']), kind, row[kind]['only_first'],
             row[kind]['only_second'], row[kind]['samples'],
             f'{row[kind]["p"]:.3g}') for row in comparison['mcnemar']
            for kind in ('images', 'sequences')]


def _fold_rows(comparison: Dict[str, Any]) -> List[Sequence[str]]:
    """A row a fold."""
    first, second = (study['folds'] for study in comparison['studies'])
    return [(str(a['fold']), a['images'], f'{a["accuracy"]:.2f}',
             f'{b["accuracy"]:.2f}', f'{b["accuracy"] - a["accuracy"]:+.2f}')
            for a, b in zip(first, second)]


def _block(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as a block of code."""
    return markdown_code(format_table(header, rows))
