"""The rows of the result files: one for each face."""
import csv
import io
import json
from typing import Any, Dict, List, Optional, Sequence

from ..utils.json_documents import plain
from .face_reader import FaceReading

OK, NO_FACE, ERROR = 'ok', 'no_face', 'error'
#: Spreadsheets read text that begins so as a formula (CWE-1236).
_FORMULA = ('=', '+', '-', '@', '\t', '\r')
_COLUMNS = ('file', 'frame', 'time', 'track', 'status', 'box', 'class',
            'probability', 'set', 'abstained', 'note')
Row = Dict[str, Any]


def columns(classes: Sequence[str]) -> List[str]:
    """Name the columns of the CSV; the last are the probabilities."""
    return [*_COLUMNS, *(f'p_{name}' for name in classes)]


def face_rows(file: str,
              readings: Sequence[FaceReading],
              frame: Optional[int] = None,
              time: Optional[float] = None) -> List[Row]:
    """Describe the faces of a picture or frame; without any, say so."""
    place = dict(
        file=file, frame=frame, time=None if time is None else round(time, 3))
    if not readings:
        return [dict(place, status=NO_FACE)]
    return [_face_row(place, reading) for reading in readings]


def error_row(file: str, reason: str, frame: Optional[int] = None) -> Row:
    """Describe a file that cannot be read."""
    return dict(
        file=file, frame=frame, status=ERROR, note=' '.join(reason.split()))


def _face_row(place: Dict[str, Any], reading: FaceReading) -> Row:
    row = dict(
        place,
        track=reading.track,
        status=OK,
        box=[round(float(v), 1) for v in reading.face.box],
        probability=round(reading.score, 6),
        set=reading.label_set,
        abstained=reading.abstained,
        note=reading.face.note)
    row['class'] = reading.name
    for name, score in zip(reading.classes, reading.scores):
        row[f'p_{name}'] = round(float(score), 6)
    return row


def csv_line(values: Sequence[Any]) -> bytes:
    """Write values as a line of CSV; lists are separated by spaces."""
    text = io.StringIO()
    # Python before 3.13 quotes line breaks only where they end the line, too.
    csv.writer(text, lineterminator='\r\n').writerow(map(_cell, values))
    line = text.getvalue()[:-2] + '\n'
    # Names of files may be of no encoding.
    return line.encode('utf-8', 'surrogateescape')


def csv_row(row: Row, names: Sequence[str]) -> bytes:
    """Write a row as a line of CSV, see :func:`csv_file_name`."""
    row = dict(row, file=csv_file_name(row['file']))
    return csv_line([row.get(name) for name in names])


def csv_file_name(name: str) -> str:
    """Name a file in a CSV, so that no spreadsheet takes it for a formula.

    Returns:
        str: ``./=1.png`` for ``=1.png``, which is the same file; other names
        as they are.
    """
    return f'./{name}' if name.startswith(_FORMULA) else name


def json_row(row: Row, names: Sequence[str]) -> bytes:
    """Write a row as a line of JSON, with all columns."""
    content = {name: plain(row.get(name)) for name in names}
    return (json.dumps(content) + '\n').encode()


def _cell(value: Any) -> str:
    if value is None:
        return ''
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ' '.join(map(_cell, value))
    text = str(value)
    # Names of classes come with the weights. Numbers stay numbers.
    formula = isinstance(value, str) and text.startswith(_FORMULA)
    return f"'{text}" if formula else text
