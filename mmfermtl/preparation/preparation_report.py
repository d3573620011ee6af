"""Report of a preparation as Markdown: counts, problems, doubtful crops."""
from collections import Counter, defaultdict
from typing import Any, Dict, List, Sequence, Tuple

from ..expressions import EXPRESSIONS
from ..utils.safe_text import escape_markdown, markdown_table
from .doubtful_crops import MUCH_OUTSIDE, usual_outside
from .sequence_tasks import Worklist

Row = Dict[str, Any]


def frames_of(rows: Sequence[Row], which: str) -> List[Tuple[str, Row]]:
    """List the ``'missing'`` or ``'doubtful'`` frames, by sequence."""
    return [(f'{row["subject"]}/{row["name"]}', frame) for row in rows
            for frame in row['frames'] if frame.get(which)]


def summary_line(worklist: Worklist, rows: Sequence[Row]) -> str:
    """Count sequences, crops and problems in a sentence."""
    crops = sum('path' in f for row in rows for f in row['frames'])
    missing = frames_of(rows, 'missing')
    return (f'{len(rows)} sequences of '
            f'{len({row["subject"] for row in rows})} subjects, {crops} '
            f'crops; {len(missing)} frames without a crop in '
            f'{len(dict(missing))} sequences, '
            f'{len(frames_of(rows, "doubtful"))} doubtful crops, '
            f'{len(worklist.left_out)} sequences left out, '
            f'{len(worklist.problems)} problems in the source')


def format_report(dataset: str, options: Dict[str, Any], worklist: Worklist,
                  rows: Sequence[Row], sheets: Sequence[str]) -> str:
    """Format the report, the same for the same source and options."""
    lines = [
        f'# {dataset}, prepared', '',
        summary_line(worklist, rows) + '.', '',
        'Options: ' + ', '.join(f'{key}={escape_markdown(_short(value))}'
                                for key, value in sorted(options.items())), ''
    ]
    if worklist.unlabelled:
        lines += [
            f'{worklist.unlabelled} sequences without a label are not '
            'prepared; `--unlabelled` adds their neutral frames.', ''
        ]
    outside = usual_outside(rows)
    if outside > MUCH_OUTSIDE:
        lines += [
            'The images are cut tight: half of the crops are '
            f'{100 * outside:.0f} % or more outside of theirs, where its '
            'border is repeated; a smaller `--margin` helps.', ''
        ]
    lines += _counts(rows)
    lines += _table('Problems in the source', ('problem', ),
                    [(p, ) for p in worklist.problems])
    lines += _table('Sequences left out', ('sequence', 'reason'),
                    worklist.left_out)
    lines += _table(
        'Frames without a crop', ('sequence', 'frame', 'source', 'reason'),
        [(key, f['index'], f['source'] or '-', f['missing'])
         for key, f in frames_of(rows, 'missing')],
        'Training leaves out a sequence if a frame that it uses has no crop.')
    lines += _table(
        'Doubtful crops', ('crop', 'reasons'),
        [(f['path'], '; '.join(f['doubtful']))
         for _, f in frames_of(rows, 'doubtful')],
        'Inspect ' + ', '.join(f'`{sheet}`' for sheet in sheets) +
        ' (images of the dataset: its licence holds for these pages too). '
        'Wrong ones can be left out of training with `exclude`.')
    return '\n'.join(lines)


def _short(value: Any) -> str:
    """Cut an option that may have hundreds of lines, such as a frame list."""
    text = repr(value)
    return text if len(text) <= 100 else f'{text[:97]}...'


def _counts(rows: Sequence[Row]) -> List[str]:
    """Count subjects, sequences and crops of each expression."""
    groups: Dict[str, List[Row]] = defaultdict(list)
    for row in rows:
        groups[row['expression'] or 'no label'].append(row)
    own = sorted(set(groups) - {*EXPRESSIONS, 'no label'})
    names = [e for e in (*EXPRESSIONS, *own, 'no label') if e in groups]
    cells = []
    for name, group in [(n, groups[n]) for n in names] + [('all', rows)]:
        frames = [f for row in group for f in row['frames']]
        crops = sum('path' in f for f in frames)
        subjects = len({row['subject'] for row in group})
        cells.append((name, subjects, len(group), crops, len(frames) - crops))
    kinds = Counter(
        f.get('face', 'missing') for row in rows for f in row['frames'])
    return _table(
        'Counts',
        ('expression', 'subjects', 'sequences', 'crops', 'without a crop'),
        cells) + _table('Where the faces come from',
                        ('face', 'frames'), sorted(kinds.items()))


def _table(title: str,
           header: Sequence[str],
           rows: Sequence[Sequence[Any]],
           note: str = '') -> List[str]:
    """Format a section with a table; nothing if it has no rows."""
    if not rows:
        return []
    notes = [note, ''] if note else []
    return [f'## {title}', '', *notes, markdown_table(header, rows), '']
