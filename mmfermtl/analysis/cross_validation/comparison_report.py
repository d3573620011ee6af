"""Write a comparison of two cross-validations as Markdown."""
from typing import Any, Dict, Iterator, Sequence

from ...utils.safe_text import escape_markdown, markdown_code
from ...utils.text_table import format_table
from .report import LINES, format_value

SCORES = ('pooled_accuracy', 'mean_of_folds_accuracy', 'uar', 'macro_f1',
          'sequence_accuracy')
DIFFERENCES = dict(
    pooled='pooled',
    subject_bootstrap='  subject bootstrap',
    subjects_and_seeds='  subjects and seeds',
    mean_of_folds='mean of folds',
    t_over_folds='  t over folds')
SIGNED = '+.2f'


def format_comparison(comparison: Dict[str, Any]) -> str:
    """Write what :func:`compare_runs` returned, as Markdown for a terminal."""
    return '\n\n'.join(_parts(comparison))


def _parts(comparison: Dict[str, Any]) -> Iterator[str]:
    """Yield headings, tables and explanations."""
    first, second = comparison['studies']
    yield '# Comparison, B minus A'
    seeds = ', '.join(map(str, comparison['seeds']))
    yield '\n'.join([
        f'- {name}: {escape_markdown(study["config"])} in '
        f'{escape_markdown(study["path"])}, config '
        f'{study["config_sha256"][:12]}'
        for name, study in zip('AB', comparison['studies'])
    ] + [
        f'- selection `{comparison["selection"]}`, seed(s) {seeds}, '
        f'{len(comparison["folds"])} folds'
        f'{"" if comparison["complete"] else " (NOT ALL)"}, '
        f'{first["num_images"]} images, {first["num_sequences"]} sequences'
    ])
    yield _block(
        ('percent', 'A', 'B', 'B - A'),
        [(LINES[key], *_compare(first[key], second[key])) for key in SCORES])
    yield '## Difference in accuracy, with intervals of 95 %'
    sides = (comparison['difference'], comparison['sequence_difference'])
    yield _block(('points', 'images', 'sequences'),
                 [(text, *(format_value(side[key], SIGNED) for side in sides))
                  for key, text in DIFFERENCES.items()])
    yield ('The bootstrap draws whole subjects, the same for both '
           f'({comparison["bootstrap_draws"]} draws). With several seeds the '
           'interval of subjects and seeds covers other seeds and the '
           'checkpoints that these are initialised from. The t interval has '
           "Nadeau and Bengio's correction for folds that share training "
           'samples.')
    if comparison['subsets']:
        keys = ('pooled', 'subject_bootstrap', 'subjects_and_seeds')
        yield _block(('part of the images', 'B - A', 'subject bootstrap',
                      'subjects and seeds'),
                     [(name, *(format_value(part[key], SIGNED)
                               for key in keys))
                      for name, part in comparison['subsets'].items()])
    yield '## Difference in recall, over images'
    rows = {escape_markdown(k): v for k, v in comparison['recall'].items()}
    rows['mean (UAR)'] = dict(
        comparison['uar_difference'],
        images=first['num_images'],
        first=first['uar'],
        second=second['uar'])
    yield _block(
        ('class', 'images', 'A', 'B', 'B - A', 'subject bootstrap',
         'subjects and seeds'),
        [(name, part['images'], *_compare(part['first'], part['second']),
          *(format_value(part[key], SIGNED)
            for key in ('subject_bootstrap', 'subjects_and_seeds')))
         for name, part in rows.items()])
    yield "## McNemar's exact test"
    yield _block(('seed', 'over', 'only A right', 'only B right', 'of', 'p'),
                 [(str(row['seed']), kind, row[kind]['only_first'],
                   row[kind]['only_second'], row[kind]['samples'],
                   f'{row[kind]["p"]:.3g}') for row in comparison['mcnemar']
                  for kind in ('images', 'sequences')])
    yield ('Frames of a sequence are not independent: over images p is too '
           'small.')
    yield '## Folds'
    yield _block(
        ('fold', 'images', 'A', 'B', 'B - A'),
        [(str(a['fold']), a['images'], *_compare(a['accuracy'], b['accuracy']))
         for a, b in zip(first['folds'], second['folds'])])


def _compare(first: float, second: float) -> Sequence[str]:
    return f'{first:.2f}', f'{second:.2f}', f'{second - first:{SIGNED}}'


def _block(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return markdown_code(format_table(header, rows))
