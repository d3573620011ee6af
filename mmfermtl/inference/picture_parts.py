"""Share many pictures among the processes that a launcher has started."""
import json
import os
import os.path as osp
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ..utils.atomic_files import write_whole
from ..utils.errors import UserError
from .picture_sources import NamedPicture
from .result_files import CSV_FILE, JOURNAL_FILE, JSONL_FILE


class Part(NamedTuple):
    """What a process of several reads: each ``total``-th picture."""

    rank: int
    total: int
    #: The GPU of its machine that it takes.
    local_rank: int

    def choose(self, pictures: Sequence[NamedPicture]) -> List[NamedPicture]:
        """Choose the pictures of this process."""
        return list(pictures[self.rank::self.total])

    def folder(self, out: str, rank: Optional[int] = None) -> str:
        """Name the folder of the results of a process, by default this."""
        number = self.rank if rank is None else rank
        return osp.join(out, f'part_{number}_of_{self.total}')

    def merge(self, out: str, pictures: Sequence[NamedPicture]) -> bool:
        """Join the results of all processes, if all have finished.

        Whoever is the last finds them complete; two at the same time write
        the same files.

        Returns:
            bool: Whether the files were written.
        """
        folders = [self.folder(out, rank) for rank in range(self.total)]
        done = set().union(*map(_finished, folders))
        if not {picture.name for picture in pictures} <= done:
            return False
        # Last, as the files are not yet those that it describes.
        with suppress(FileNotFoundError):
            os.remove(osp.join(out, JOURNAL_FILE))
        joined, journal = _join(folders)
        for name, content in zip((CSV_FILE, JSONL_FILE), joined):
            write_whole(osp.join(out, name), content)
        write_whole(
            osp.join(out, JOURNAL_FILE),
            b''.join(json.dumps(line).encode() + b'\n' for line in journal))
        return True


def launched_part() -> Optional[Part]:
    """Read the part of this process of what torchrun or Slurm has set.

    Returns:
        Part, optional: None if it was started alone.

    Raises:
        UserError: If the variables are no numbers of processes.
    """
    names = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')
    if 'WORLD_SIZE' not in os.environ:
        # A batch script that does not use srun has SLURM_NTASKS, too, but
        # runs once.
        names = ('SLURM_PROCID', 'SLURM_STEP_NUM_TASKS', 'SLURM_LOCALID')
    values = [os.environ.get(name) for name in names]
    if values[1] in (None, '1') or values[0] is None:
        return None
    try:
        rank, count, local = (int(value or 0) for value in values)
    except ValueError:
        rank, count, local = -1, 0, 0
    if not 0 <= rank < count:
        found = ', '.join(f'{n}={v}' for n, v in zip(names, values))
        raise UserError(f'found {found} in the environment, expected the '
                        'number of this process and of all; start it by '
                        'torchrun or srun')
    return Part(rank, count, local)


def _join(folders: Sequence[str]) -> Tuple[List[bytes], List[Dict[str, Any]]]:
    """Join the CSV, the JSONL and the journals of processes.

    The ends of pictures in the journal are those in the joined files.
    """
    joined: List[bytes] = [b'', b'']
    journal: List[Dict[str, Any]] = []
    for folder in folders:
        entries = _read_journal(folder)
        # With fewer pictures than processes some may not have begun.
        if not entries:
            continue
        head = entries[0]['ends']
        files = [
            _read_bytes(osp.join(folder, n)) for n in (CSV_FILE, JSONL_FILE)
        ]
        if not journal:
            journal.append(entries[0])
            joined = [text[:end] for text, end in zip(files, head)]
        shift = [len(text) - end for text, end in zip(joined, head)]
        for entry in entries[1:]:
            ends = [end + more for end, more in zip(entry['ends'], shift)]
            journal.append(dict(entry, ends=ends))
        last = entries[-1]['ends']
        joined = [
            text + own[begin:end]
            for text, own, begin, end in zip(joined, files, head, last)
        ]
    return joined, journal


def _finished(folder: str) -> Set[str]:
    """Read the names of the pictures that a process has finished."""
    return {entry['file'] for entry in _read_journal(folder)[1:]}


def _read_journal(folder: str) -> List[Dict[str, Any]]:
    """Read the journal of a process, without a line that is not whole."""
    path = osp.join(folder, JOURNAL_FILE)
    entries = []
    for line in _read_bytes(path).splitlines() if osp.isfile(path) else ():
        try:
            entries.append(json.loads(line))
        except ValueError:
            break
    return entries


def _read_bytes(path: str) -> bytes:
    """Read a file."""
    with open(path, 'rb') as file:
        return file.read()
