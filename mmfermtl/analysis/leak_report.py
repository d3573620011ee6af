"""Write the result of a leak check as text."""
from typing import Any, Dict, List, Sequence

from ..utils.text_table import format_table

#: Findings of a kind that are listed; the JSON file has all.
LISTED = 20


def format_leaks(report: Dict[str, Any]) -> str:
    """Write a result of :func:`~mmfermtl.analysis.leak_check.check_leaks`."""
    parts = [_fold_table(report)]
    for key, title in (('shared_subjects', 'subjects on both sides'),
                       ('shared_sequences', 'sequences on both sides')):
        names = [(name, _fold(row['fold'])) for row in report['folds']
                 for name in row[key]]
        parts += _listing(title, ('name', 'fold'), names)
    parts += _listing('identical files on both sides', ('files', 'folds'),
                      [(_files(group), _folds(group))
                       for group in report['identical_files']])
    parts += _listing(
        'near-duplicate images on both sides',
        ('files', 'correlation', 'copy', 'folds'),
        [(_files(pair), pair['correlation'], _kind(pair), _folds(pair))
         for pair in report['near_duplicates']])
    singles = max(row['single_images'] for row in report['folds'])
    if singles:
        parts.append(
            f'{singles} images of a dataset count as one subject each. If '
            'this is because the subjects are not known, the same subject '
            'can be on both sides without being found.')
    scope = (f'{report["images"]} images, {len(report["folds"])} folds, '
             f'pairs of correlation {report["min_correlation"]} and more')
    if report['leaks']:
        parts.append(f'LEAKS FOUND: {report["leaks"]} ({scope}). Results of '
                     'this split do not measure the accuracy on unseen '
                     'subjects.')
    else:
        parts.append(f'No leaks found ({scope}).')
    return '\n\n'.join(parts)


def _fold_table(report: Dict[str, Any]) -> str:
    """Write sizes and numbers of findings, a line a fold."""
    rows = [('', 'images', 'images', 'subjects', 'subjects', 'subjects',
             'sequences', 'files', 'duplicates')]
    for row in report['folds']:
        found = (
            sum(row['fold'] in finding['folds'] for finding in report[key])
            for key in ('identical_files', 'near_duplicates'))
        rows.append((_fold(row['fold']), row['train_images'],
                     row['test_images'], row['train_subjects'],
                     row['test_subjects'], len(row['shared_subjects']),
                     len(row['shared_sequences']), *found))
    lines = format_table(('fold', 'train', 'test', 'train', 'test', 'shared',
                          'shared', 'identical', 'near'), rows).splitlines()
    # The header has two lines, above the rule.
    lines[1], lines[2] = lines[2], lines[1]
    return '\n'.join(lines)


def _listing(title: str, header: Sequence[str],
             rows: List[tuple]) -> List[str]:
    """Write the first findings of a kind under a title, if there are any."""
    if not rows:
        return []
    text = f'{title}: {len(rows)}\n{format_table(header, rows[:LISTED])}'
    if len(rows) > LISTED:
        text += f'\n... and {len(rows) - LISTED} more (--out lists all)'
    return [text]


def _files(finding: Dict[str, Any]) -> str:
    names = finding['files']
    more = [f'({len(names) - 3} more)'] if len(names) > 3 else []
    return ' = '.join(names[:3] + more)


def _kind(pair: Dict[str, Any]) -> str:
    words = [word for word in ('mirrored', 'inverted') if pair[word]]
    return ', '.join(words + ['in part' if pair['part'] else 'whole'])


def _folds(finding: Dict[str, Any]) -> str:
    numbers = [_fold(k) for k in finding['folds']]
    return ','.join(numbers[:6] + ['...'] * (len(numbers) > 6))


def _fold(number: Any) -> str:
    return 'config' if number is None else str(number)
