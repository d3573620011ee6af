"""The result of a leak check as text."""
import os.path as osp
from typing import Any, Dict, List, Sequence

from ..utils.errors import UserError
from ..utils.json_documents import write_json
from ..utils.output_files import report_write_errors
from ..utils.text_table import format_table

#: Findings of a kind that are listed; the JSON file has all.
LISTED = 20


def format_leaks(report: Dict[str, Any]) -> str:
    """Write a result as tables and a verdict.

    Args:
        report (dict): What :func:`~mmfermtl.apis.leak_check.check_leaks`
            returned.

    Returns:
        str: Text of several lines. It names files, and shows none.
    """
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
    lone = max(row['lone_images'] for row in report['folds'])
    if lone:
        parts.append(f'In a dataset of {lone} images each one counts as a '
                     'person of its own. If the subjects are just not known, '
                     'the same person can be on both sides unseen.')
    parts.append(_verdict(report))
    return '\n\n'.join(parts)


def save_leaks(report: Dict[str, Any], path: str) -> None:
    """Write a result as JSON.

    Args:
        report (dict): See :func:`format_leaks`.
        path (str): The file.

    Raises:
        UserError: If it cannot be written.
    """
    if osp.isdir(path):
        raise UserError(f'--out {path}: this is a folder, expected a file '
                        'such as leaks.json')
    with report_write_errors('--out', path):
        write_json(path, report)


def _fold_table(report: Dict[str, Any]) -> str:
    """One line per fold."""
    header = ('fold', 'train', 'test', 'train', 'test', 'shared', 'shared',
              'identical', 'near')
    second = ('', 'images', 'images', 'subjects', 'subjects', 'subjects',
              'sequences', 'files', 'duplicates')
    rows = [second]
    for row in report['folds']:
        fold = row['fold']
        rows.append((_fold(fold), row['train_images'], row['test_images'],
                     row['train_subjects'], row['test_subjects'],
                     len(row['shared_subjects']), len(row['shared_sequences']),
                     _count(report['identical_files'],
                            fold), _count(report['near_duplicates'], fold)))
    lines = format_table(header, rows).splitlines()
    lines[1], lines[2] = lines[2], lines[1]
    return '\n'.join(lines)


def _verdict(report: Dict[str, Any]) -> str:
    """The sentence that counts."""
    scope = (f'{report["images"]} images, {len(report["folds"])} folds, '
             f'pairs of correlation {report["min_correlation"]} and more')
    if not report['leaks']:
        return f'No leaks found ({scope}).'
    return (f'LEAKS FOUND: {report["leaks"]} ({scope}). Results of this split '
            'do not measure how well unseen persons are recognised.')


def _listing(title: str, header: Sequence[str],
             rows: List[tuple]) -> List[str]:
    """The first findings of a kind under a title; nothing if none."""
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


def _count(findings: Sequence[Dict[str, Any]], fold: Any) -> int:
    return sum(fold in finding['folds'] for finding in findings)
