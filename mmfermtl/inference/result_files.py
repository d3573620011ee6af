"""Write rows while the work goes on, so that a killed run can go on."""
import json
import os
import os.path as osp
from collections import Counter
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any, Dict, List, Optional, Sequence, Set, Type

from ..utils.atomic_files import write_whole
from ..utils.errors import UserError
from ..utils.file_lock import lock_folder
from ..utils.output_files import make_output_folder
from .result_rows import ERROR, Row, columns, csv_line, csv_row, json_row

CSV_FILE = 'predictions.csv'
JSONL_FILE = 'predictions.jsonl'
JOURNAL_FILE = '.journal.jsonl'
#: Folder of the annotated pictures beside these files.
PICTURES = 'pictures'
#: Ending of files that will replace these three. The journal is written last
#: and replaced last: with it there, all are whole.
_NEXT = '.next'


class ResultFiles:
    """The CSV and JSONL of a run, and a journal of what is finished.

    A line of the journal names a finished picture, and the lengths of both
    files after its rows. Whatever is behind the last such line is cut off
    when the run is taken up again, so that every picture has its rows once.
    Pictures that could not be read lose their rows then, and are read again.

    Use it as a context.

    Args:
        folder (str): Where to write, made if need be.
        classes (Sequence[str]): Names in label order.
        options (dict): What the rows depend on, for a run that goes on.
        resume (bool): Whether to keep what a run with these options has
            finished; else the files are written again, unless there is a
            journal. Defaults to False.
        overwrite (bool): Whether to start again in any case. Defaults to
            False.

    Raises:
        UserError: If the folder cannot be written to, another run uses it,
            or it holds results of other options, or of a run that could go
            on while this one could not.
    """

    def __init__(self,
                 folder: str,
                 classes: Sequence[str],
                 options: Dict[str, Any],
                 resume: bool = False,
                 overwrite: bool = False) -> None:
        self.folder = folder
        self.names = columns(classes)
        #: Pictures that an earlier run has finished.
        self.finished: Set[str] = set()
        #: Number of rows by status, those of earlier runs included.
        self.counts: Counter = Counter()
        self._options = json.loads(json.dumps(options))
        self._resume = resume
        self._overwrite = overwrite
        self._stack = ExitStack()

    @property
    def csv_path(self) -> str:
        """str: The CSV."""
        return osp.join(self.folder, CSV_FILE)

    def __enter__(self) -> 'ResultFiles':
        make_output_folder('--out', self.folder)
        try:
            self._stack.enter_context(
                lock_folder(self.folder, 'writing to it',
                            'wait for its end or give another --out'))
        except ValueError as error:
            raise UserError(str(error)) from None
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._stack.close()

    def write(self, name: str, rows: Sequence[Row]) -> None:
        """Write all rows of a picture, or of a frame."""
        _append(self._csv, b''.join(csv_row(r, self.names) for r in rows))
        _append(self._jsonl, b''.join(json_row(r, self.names) for r in rows))
        counts = Counter(row['status'] for row in rows)
        self.counts += counts
        if self._resume:
            ends = [self._csv.tell(), self._jsonl.tell()]
            line = dict(file=name, rows=counts, ends=ends)
            _append(self._journal, json.dumps(line).encode() + b'\n')

    def _open(self) -> None:
        """Open the files at the end of what is finished."""
        journal = osp.join(self.folder, JOURNAL_FILE)
        ends, length = None, 0
        _replace_files(self.folder)
        if self._overwrite:
            pass
        elif self._resume:
            ends, length = self._read_journal(journal)
        elif osp.exists(journal):
            raise UserError(
                f'{self.folder}: holds the results of a run over many '
                'pictures; give another folder, or `mmfermtl predict '
                '--overwrite` to replace them')
        self._csv = self._file(self.csv_path, ends and ends[0])
        self._jsonl = self._file(
            osp.join(self.folder, JSONL_FILE), ends and ends[1])
        if ends is None:
            _append(self._csv, csv_line(self.names))
        if not self._resume:
            if osp.exists(journal):
                os.remove(journal)
            return
        self._journal = self._file(journal, length)
        if not length:
            head = dict(
                options=self._options,
                ends=[self._csv.tell(), self._jsonl.tell()])
            _append(self._journal, json.dumps(head).encode() + b'\n')

    def _file(self, path: str, length: Optional[int]) -> IO[bytes]:
        """Open a file for appending after its first ``length`` bytes."""
        if osp.islink(path):
            raise UserError(f'{path}: found a link, expected a file of an '
                            'earlier run; remove it')
        # Unbuffered: a line is there whole, or not at all.
        file = open(path, 'r+b' if length else 'wb', buffering=0)
        self._stack.callback(file.close)
        if length:
            file.truncate(length)
            file.seek(length)
        return file

    def _read_journal(self, path: str) -> Any:
        """Read the lengths of both files, and that of the sound journal."""
        sizes = [
            osp.getsize(file) if osp.isfile(file) else 0
            for file in (self.csv_path, osp.join(self.folder, JSONL_FILE))
        ]
        entries: List[Dict[str, Any]] = []
        ends, length = None, 0
        for line in _lines(path):
            try:
                content = json.loads(line)
                places = [int(end) for end in content['ends']]
                # After a loss of power a file may be shorter.
                if not line.endswith(b'\n') or places[0] > sizes[0] or (
                        places[1] > sizes[1]):
                    break
                if length:
                    content = dict(
                        file=str(content['file']),
                        rows=+Counter(content['rows']))
                elif content['options'] != self._options:
                    raise UserError(
                        _other_options(self.folder, content, self._options))
            except UserError:
                raise
            except (KeyError, TypeError, ValueError):
                break
            ends, length = places, length + len(line)
            entries.append(dict(content, ends=places))
        sound = [e for e in entries if not e.get('rows', {}).get(ERROR)]
        for entry in sound[1:]:
            self.finished.add(entry['file'])
            self.counts += entry['rows']
        if len(sound) < len(entries):
            return self._drop_errors(entries)
        return ends, length

    def _drop_errors(self, entries: List[Dict[str, Any]]) -> Any:
        """Write the files again without pictures that failed.

        Killed at any time, it leaves the old files or the new ones.
        """
        paths = [self.csv_path, osp.join(self.folder, JSONL_FILE)]
        whole = [b''.join(_lines(path)) for path in paths]
        kept, lines = [bytearray(), bytearray()], []
        start = [0, 0]
        for entry in entries:
            if not entry.get('rows', {}).get(ERROR):
                for text, part, first, last in zip(whole, kept, start,
                                                   entry['ends']):
                    part += text[first:last]
                ends = [len(part) for part in kept]
                lines.append(json.dumps(dict(entry, ends=ends)) + '\n')
            start = entry['ends']
        for path, part in zip(paths, kept):
            write_whole(path + _NEXT, bytes(part))
        journal = ''.join(lines).encode()
        write_whole(osp.join(self.folder, JOURNAL_FILE) + _NEXT, journal)
        _replace_files(self.folder)
        return [len(part) for part in kept], len(journal)


def _replace_files(folder: str) -> None:
    """Put new files in place, also where an earlier run was killed."""
    names = [osp.join(folder, n) for n in (CSV_FILE, JSONL_FILE, JOURNAL_FILE)]
    if osp.isfile(names[-1] + _NEXT):
        for name in names:
            if osp.isfile(name + _NEXT):
                os.replace(name + _NEXT, name)


def _lines(path: str) -> List[bytes]:
    if not osp.isfile(path):
        return []
    with open(path, 'rb') as file:
        return file.readlines()


def _other_options(folder: str, found: Dict[str, Any],
                   wanted: Dict[str, Any]) -> str:
    before = found['options']
    differ = sorted(key for key in {*before, *wanted}
                    if before.get(key) != wanted.get(key))
    named = ', '.join(f'{key}={before.get(key)!r}, now {wanted.get(key)!r}'
                      for key in differ)
    return (f'{folder}: holds results of other options ({named}); give '
            'another --out, or --overwrite to start again')


def _append(file: IO[bytes], text: bytes) -> None:
    """Write all bytes; a raw file may take a part."""
    view = memoryview(text)
    while view:
        view = view[file.write(view):]
