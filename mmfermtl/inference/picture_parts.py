"""Share many pictures among the processes that a launcher has started."""
import json
import os
import os.path as osp
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence, Set

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
        # That of a run by one process is not of the files written here.
        with suppress(FileNotFoundError):
            os.remove(osp.join(out, JOURNAL_FILE))
        for name, head in ((CSV_FILE, 1), (JSONL_FILE, 0)):
            lines: List[bytes] = []
            for folder in folders:
                path = osp.join(folder, name)
                # With fewer pictures than processes some may not have begun.
                if not osp.isfile(path):
                    continue
                with open(path, 'rb') as file:
                    own = file.readlines()
                lines += own if not lines else own[head:]
            write_whole(osp.join(out, name), b''.join(lines))
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
        names = ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID')
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


def _finished(folder: str) -> Set[str]:
    """Read the names of the pictures that a process has finished."""
    path = osp.join(folder, JOURNAL_FILE)
    names = set()
    if osp.isfile(path):
        with open(path, 'rb') as file:
            for line in file:
                try:
                    names.add(json.loads(line).get('file'))
                except ValueError:
                    break
    return names
