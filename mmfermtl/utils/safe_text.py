"""Escape untrusted text for terminals, Markdown and spreadsheets."""
import re
from typing import Any, Iterable, Sequence


def printable(value: Any) -> str:
    """Format a value without control characters.

    Characters that are not printed, such as line breaks, escape sequences and
    changes of the writing direction, become their codes.
    """
    return ''.join(c if c.isprintable() else ascii(c)[1:-1]
                   for c in str(value))


def escape_markdown(value: Any) -> str:
    """Format a value so that Markdown shows it as it is, in one line.

    HTML, links, pictures, code and the borders of table cells are escaped.
    A formula of a spreadsheet gets an apostrophe in front.
    """
    text = printable(' '.join(str(value).split()))
    if text[:1] in tuple('=+-@') and not re.fullmatch(r'[-+][-+\d.\s%e]*',
                                                      text):
        text = f"'{text}"
    for sign, entity in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;')):
        text = text.replace(sign, entity)
    return re.sub(r'([\\`*|\[\]])', r'\\\1', text)


def markdown_table(header: Sequence[Any],
                   rows: Iterable[Sequence[Any]]) -> str:
    """Format a table in Markdown with escaped cells."""
    lines = [[escape_markdown(cell) for cell in row]
             for row in (header, *rows)]
    lines.insert(1, ['---'] * len(header))
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def markdown_code(text: str) -> str:
    """Format lines as a block of code that nothing in them can end."""
    ticks = max((len(run) for run in re.findall('`+', text)), default=0)
    fence = '`' * max(3, ticks + 1)
    return f'{fence}\n{text}\n{fence}'
