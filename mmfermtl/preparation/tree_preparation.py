import os
from contextlib import closing
from typing import Any, Callable, Dict, Iterable, List, Sequence, Set

from ..datasets.prepared_index import INDEX_NAME, has_index, read_index
from ..utils.atomic_files import remove_partial_files
from ..utils.contained_files import remove_files
from ..utils.progress import Progress
from .frame_faces import DetectorMissingError
from .sequence_preparer import ROW_SHAPE, SequencePreparer
from .sequence_tasks import SequenceTask, Worklist, task_name
from .tree_results import write_results
from .worker_pool import run_in_parallel

Row = Dict[str, Any]


class TreePreparation:
    """One run that prepares a tree of aligned face crops.

    Args:
        build (Callable): Builds a preparer; has to be importable from other
            processes.
        worklist (Worklist): What to prepare.
        jobs (int): Number of processes.
    """

    def __init__(self, build: Callable[[], SequencePreparer],
                 worklist: Worklist, jobs: int) -> None:
        self.worklist = worklist
        self.jobs = jobs
        #: Sequences that the run had to prepare.
        self.num_prepared = 0
        self._build = build
        self.preparer = build()
        self.out_root = self.preparer.out_root
        self.journal = self.preparer.journal
        self.dataset_name = type(self.preparer.datasets[0]).__name__

    def run(self) -> List[Row]:
        """Prepare what is not done yet, then write index and report.

        Returns:
            list[dict]: The sequences as the index holds them.

        Raises:
            ValueError: If a file cannot be written, a worker was killed or
                the detector is missing; the next run goes on from there.
        """
        try:
            os.makedirs(self.out_root, exist_ok=True)
            with self.journal.lock():
                return self._run()
        except OSError as error:
            raise ValueError(
                f'{error.filename or self.out_root}: cannot be written '
                f'({error.strerror}); finished sequences stay: free some '
                'space or fix the permissions, and run the same command again '
                'to go on') from None

    def _run(self) -> List[Row]:
        remove_partial_files(self.out_root)
        stored = self._stored()
        rows = self._still_right(stored)
        rest = [t for t in self.worklist.tasks if t.name not in rows]
        self._check_detector(rest)
        self._reopen(stored, rows, rest)
        made = self._call('preparing', 'prepare', [(t, ) for t in rest])
        for number, task in enumerate(rest):
            rows[task.name] = made[number]
        self.num_prepared = len(rest)
        done = [(task, rows[task.name]) for task in self.worklist.tasks]
        index = write_results(self.preparer, done, self.worklist,
                              self.dataset_name)
        self.journal.remove()
        return index

    def _stored(self) -> Dict[str, Row]:
        """Read the rows of earlier runs, by task."""
        rows: Dict[str, Row] = {}
        if has_index(self.out_root):
            for row in read_index(self.out_root)['sequences']:
                name = task_name(row['subject'], row['name'],
                                 row['attributes'])
                rows[name] = row
        return {**rows, **self.journal.read(ROW_SHAPE)}

    def _still_right(self, stored: Dict[str, Row]) -> Dict[str, Row]:
        """Select the rows whose source files and crops are unchanged."""
        calls = [(task, stored[task.name]) for task in self.worklist.tasks
                 if task.name in stored]
        done = self._call('checking', 'is_done', calls)
        return {
            task.name: row
            for number, (task, row) in enumerate(calls) if done[number]
        }

    def _check_detector(self, tasks: Sequence[SequenceTask]) -> None:
        """Raise an error for a missing detector now, not after an hour."""
        align = self.preparer.options.align
        needed = align == 'detector'
        if align == 'auto':
            needed = any(task.sequence.frames[i].landmarks is None
                         for task in tasks for i in task.indices
                         if i in task.sequence.frames)
        if needed and tasks:
            try:
                self.preparer.faces.detector
            except DetectorMissingError as error:
                raise ValueError(str(error)) from None

    def _reopen(self, stored: Dict[str, Row], rows: Dict[str, Row],
                rest: Sequence[SequenceTask]) -> None:
        """Turn a finished tree into an unfinished one, if work is left."""
        orphans = _crops(stored.values()) - _crops(rows.values())
        if not rest and not orphans:
            return
        self.journal.begin(self.dataset_name, self.preparer.options.to_dict())
        if has_index(self.out_root):
            for name, row in rows.items():
                self.journal.write(name, row)
            remove_files(self.out_root, [INDEX_NAME])
        # Crops of sequences that are gone, or will be prepared again.
        remove_files(self.out_root, sorted(orphans))

    def _call(self, title: str, method: str,
              calls: Sequence[tuple]) -> Dict[int, Any]:
        """Call a method of a preparer; return results by number of call."""
        images = [len(call[0].indices) for call in calls]
        results = {}
        with closing(Progress(sum(images), title)) as progress:
            for number, result in run_in_parallel(self._build, method, calls,
                                                  self.jobs):
                results[number] = result
                progress.advance(images[number])
        return results


def _crops(rows: Iterable[Row]) -> Set[str]:
    return {
        frame['path']
        for row in rows
        for frame in row.get('frames', ()) if 'path' in frame
    }
