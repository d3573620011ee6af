"""Read CSV files in the encodings and forms that table programs write."""
import codecs
import csv
import io
import os.path as osp
from collections import Counter
from typing import Dict, List, Sequence, Tuple

#: Byte order marks; that of UTF-32 begins with that of UTF-16, so it is first.
_MARKS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF32_LE, 'utf-32'),
          (codecs.BOM_UTF32_BE, 'utf-32'), (codecs.BOM_UTF16_LE, 'utf-16'),
          (codecs.BOM_UTF16_BE, 'utf-16'))
_SAVE = 'save it as "CSV UTF-8"'


def read_csv(path: str, required: Sequence[str], optional: Sequence[str],
             problems: List[str]) -> List[Dict[str, str]]:
    """Read the wanted columns.

    The file is UTF-8, or UTF-16 or UTF-32 with a byte order mark. Commas,
    semicolons or tabs part the columns. Names of columns are compared
    without case and surrounding blanks.

    Args:
        path (str): The file.
        required (Sequence[str]): Columns that it must have, in lower case.
        optional (Sequence[str]): Columns that it may have.
        problems (list[str]): Receives a sentence for each row that is left
            out because it is longer or shorter than the header.

    Returns:
        list[dict[str, str]]: The cells of each row by column, without
        surrounding blanks, and ``where``, ``<path>:<line>``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has another encoding or is no text, lacks a column,
            has two of one name, or if a quote is never closed.
    """
    text = _read_text(path)
    # A cell, such as one of landmarks, may be longer than Python's limit.
    limit = csv.field_size_limit(len(text) + 1)
    try:
        header, rows = _parse(text, required)
    except csv.Error as error:
        raise ValueError(f'{path}: cannot be read as CSV ({error}): a quote '
                         'is not closed, or something follows it; correct '
                         'the quotes') from None
    finally:
        csv.field_size_limit(limit)
    if not set(required) <= set(header):
        more = f' (and perhaps {", ".join(optional)})' if optional else ''
        raise ValueError(f'{path}: found the columns {header}, expected '
                         f'{", ".join(required)}{more} in the first line')
    name, number = Counter(filter(None, header)).most_common(1)[0]
    if number > 1:
        raise ValueError(f'{path}: the column {name!r} appears {number} times '
                         'in the first line, and it is not known which one '
                         'counts; rename or remove the others')
    places = [(name, header.index(name)) for name in (*required, *optional)
              if name in header]
    found = []
    for number, cells in rows:
        if not cells:
            continue
        if len(cells) != len(header):
            problems.append(
                f'{path}:{number}: found another number of columns than in '
                'the first line; correct the line')
            continue
        row = {name: cells[k].strip() for name, k in places}
        broken = [name for name, cell in row.items() if '\n' in cell]
        if broken:
            raise ValueError(
                f'{path}:{number}: the column {broken[0]!r} goes over several '
                'lines, whose rows would be lost: a quote is opened and not '
                'closed; correct it')
        found.append(dict(row, where=f'{path}:{number}'))
    return found


def _read_text(path: str) -> str:
    """Decode the file, or raise an error that names the line."""
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path}: annotation file not found; give '
                                '`ann_file` absolute or below `data_root`')
    with open(path, 'rb') as file:
        content = file.read()
    encoding = next((e for mark, e in _MARKS if content.startswith(mark)),
                    'utf-8')
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise ValueError(
            f'{path}:{line}: found the byte {content[error.start]:#04x}, '
            f'which is not {encoding.upper()}, perhaps cp1252 (Excel) or '
            f'another encoding; {_SAVE}, or convert it: iconv -f CP1252 -t '
            'UTF-8') from None
    if '\0' in text:
        line = text.count('\n', 0, text.index('\0')) + 1
        raise ValueError(
            f'{path}:{line}: found a NUL byte, so that it is damaged, no '
            f'text, or UTF-16 without a byte order mark; {_SAVE}')
    return text


def _parse(text: str, required: Sequence[str]) -> Tuple[List[str], List]:
    """Split into header and numbered rows, by the separator that fits."""
    lines = io.StringIO(text, newline=None)
    first = lines.readline()
    for separator in ',;\t':
        header = next(csv.reader([first], delimiter=separator), [])
        header = [cell.strip().lower() for cell in header]
        if set(required) <= set(header):
            # Without `strict` an open quote swallows the rest of the file.
            reader = csv.reader(
                lines,
                delimiter=separator,
                skipinitialspace=separator != '\t',
                strict=True)
            return header, [(reader.line_num + 1, cells) for cells in reader]
    return [cell.strip() for cell in first[:300].split(',')], []
