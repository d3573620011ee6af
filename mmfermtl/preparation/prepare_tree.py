"""From the distribution of a dataset to a tree of aligned face crops."""
import os
from contextlib import closing
from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Sequence, Set

from ..datasets.prepared_index import INDEX_NAME, has_index, read_index
from ..utils.atomic_files import remove_partial_files
from ..utils.contained_files import remove_files
from ..utils.journal import Journal
from ..utils.progress import Progress
from .face_detector import FaceDetector
from .frame_faces import DetectorMissingError
from .options import PreparationOptions, SourceDataset
from .sequence_preparer import ROW_SHAPE, SequencePreparer
from .sequence_tasks import SequenceTask, Worklist, task_name
from .tree_results import write_results
from .worker_pool import run_in_parallel

Row = Dict[str, Any]


class TreePreparation:
    """One run of the preparation of a tree.

    Args:
        raw_root (str): Folder of the distribution.
        out_root (str): Folder of the prepared tree.
        sources (Sequence[SourceDataset]): The dataset, once for each
            condition.
        options (PreparationOptions): How to prepare.
        worklist (Worklist): What to prepare.
        jobs (int): Number of processes. Defaults to 1.
        detector_factory (Callable): Builds what finds faces; has to be
            importable from other processes. Defaults to
            :class:`~mmfermtl.preparation.FaceDetector`.
    """

    def __init__(self,
                 raw_root: str,
                 out_root: str,
                 sources: Sequence[SourceDataset],
                 options: PreparationOptions,
                 worklist: Worklist,
                 jobs: int = 1,
                 detector_factory: Callable[[], Any] = FaceDetector) -> None:
        self.out_root = out_root
        self.options = options
        self.worklist = worklist
        self.jobs = jobs
        #: Sequences that the run had to prepare.
        self.num_prepared = 0
        self.dataset_name = sources[0].cls.__name__
        self.journal = Journal(out_root)
        self._build = partial(SequencePreparer, raw_root, out_root, sources,
                              options, detector_factory)

    def run(self) -> List[Row]:
        """Prepare what is not done yet, then write index and report.

        Returns:
            list[dict]: The sequences as the index holds them.

        Raises:
            ValueError: If a file cannot be written, a worker was killed or
                the detector is missing; what was finished counts in the next
                run.
        """
        try:
            os.makedirs(self.out_root, exist_ok=True)
            with self.journal.lock():
                return self._run()
        except OSError as error:
            raise ValueError(
                f'{error.filename or self.out_root}: cannot be written '
                f'({error.strerror}); '
                'what was finished stays: make room or mend the permissions '
                'and run the same command again to go on') from None

    def _run(self) -> List[Row]:
        remove_partial_files(self.out_root)
        stored = self._stored()
        rows = self._still_right(stored)
        rest = [t for t in self.worklist.tasks if t.name not in rows]
        self._check_detector(rest)
        self._reopen(stored, rows, rest)
        self._prepare(rest, rows)
        self.num_prepared = len(rest)
        done = [(task, rows[task.name]) for task in self.worklist.tasks]
        index = write_results(self._build(), done, self.worklist,
                              self.dataset_name)
        self.journal.remove()
        return index

    def _stored(self) -> Dict[str, Row]:
        """Rows of earlier runs, by task."""
        rows: Dict[str, Row] = {}
        if has_index(self.out_root):
            for row in read_index(self.out_root)['sequences']:
                name = task_name(row['subject'], row['name'],
                                 row['attributes'])
                rows[name] = row
        return {**rows, **self.journal.read(ROW_SHAPE)}

    def _still_right(self, stored: Dict[str, Row]) -> Dict[str, Row]:
        """Those of the rows whose source and crops are the same as then."""
        calls = [(task, stored[task.name]) for task in self.worklist.tasks
                 if task.name in stored]
        done = self._call('checking', 'is_done', calls)
        return {
            task.name: row
            for number, (task, row) in enumerate(calls) if done[number]
        }

    def _check_detector(self, tasks: Sequence[SequenceTask]) -> None:
        """Find out at once, not after the first hour."""
        needed = self.options.align == 'detector'
        if self.options.align == 'auto':
            needed = any(task.sequence.frames[i].landmarks is None
                         for task in tasks for i in task.indices
                         if i in task.sequence.frames)
        if needed and tasks:
            try:
                self._build().faces.detector
            except DetectorMissingError as error:
                raise ValueError(str(error)) from None

    def _reopen(self, stored: Dict[str, Row], rows: Dict[str, Row],
                rest: Sequence[SequenceTask]) -> None:
        """Make an unfinished tree of a finished one, if work is left."""
        orphans = _crops(stored.values()) - _crops(rows.values())
        if not rest and not orphans:
            return
        self.journal.begin(self.dataset_name, self.options.to_dict())
        if has_index(self.out_root):
            for name, row in rows.items():
                self.journal.write(name, row)
            remove_files(self.out_root, [INDEX_NAME])
        # Crops of sequences that are gone, or will be made anew.
        remove_files(self.out_root, sorted(orphans))

    def _prepare(self, tasks: Sequence[SequenceTask], rows: Dict[str,
                                                                 Row]) -> None:
        made = self._call('preparing', 'prepare', [(t, ) for t in tasks])
        for number, task in enumerate(tasks):
            rows[task.name] = made[number]

    def _call(self, title: str, method: str,
              calls: Sequence[tuple]) -> Dict[int, Any]:
        """Results of a preparer's method by number of the call."""
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
