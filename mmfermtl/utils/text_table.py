from typing import Any, Sequence

from .safe_text import printable


def format_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Format rows of values as plain text in aligned columns.

    Floats have 4 digits after the point, None is ``-``, control characters
    are shown as their codes.

    Examples:
        >>> print(format_table(('metric', 'value'), [('accuracy', 97.5)]))
        metric      value
        -------- --------
        accuracy  97.5000
    """
    table = [list(header)] + [[_format(v) for v in row] for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    table.insert(1, ['-' * width for width in widths])
    return '\n'.join(' '.join(
        cell.rjust(width) if i else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in table)


def _format(value: Any) -> str:
    if value is None:
        return '-'
    if isinstance(value, float):
        return f'{value:.4f}'
    return printable(value)
