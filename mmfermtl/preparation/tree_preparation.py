import os
from contextlib import closing
from typing import Any, Callable, Dict, Iterable, List, Sequence, Set, Tuple

from ..datasets.prepared_index import INDEX_NAME, has_index, read_index
from ..utils.atomic_files import remove_partial_files
from ..utils.contained_files import remove_files
from ..utils.progress import Progress
from .sequence_preparer import ROW_SHAPE, SequencePreparer
from .sequence_tasks import SequenceTask, Worklist, task_name
from .tree_results import write_results
from .worker_pool import run_in_parallel

Row = Dict[str, Any]


def prepare_tree(build: Callable[[], SequencePreparer], worklist: Worklist,
                 jobs: int) -> Tuple[List[Row], int]:
    """Prepare what is not done yet, then write index and report.

    Args:
        build (Callable): Builds a preparer; has to be importable from other
            processes.
        worklist (Worklist): What to prepare.
        jobs (int): Number of processes.

    Returns:
        tuple: The sequences as the index holds them, and how many of them
        had to be prepared.

    Raises:
        ValueError: If a file cannot be written, a worker was killed or the
            detector is missing; the next run goes on from there.
    """
    preparer = build()
    root, journal = preparer.out_root, preparer.journal

    def call(title: str, method: str, calls: Sequence[tuple]) -> List[Any]:
        images = [len(arguments[0].indices) for arguments in calls]
        results: List[Any] = [None] * len(calls)
        with closing(Progress(sum(images), title)) as progress:
            for number, result in run_in_parallel(build, method, calls, jobs):
                results[number] = result
                progress.advance(images[number])
        return results

    try:
        os.makedirs(root, exist_ok=True)
        with journal.lock():
            remove_partial_files(root)
            stored = _stored(preparer)
            calls = [(task, stored[task.name]) for task in worklist.tasks
                     if task.name in stored]
            unchanged = call('checking', 'is_done', calls)
            rows = {t.name: r for (t, r), ok in zip(calls, unchanged) if ok}
            rest = [t for t in worklist.tasks if t.name not in rows]
            _check_detector(preparer, rest)
            _reopen(preparer, stored, rows, bool(rest))
            made = call('preparing', 'prepare', [(task, ) for task in rest])
            rows.update(zip((task.name for task in rest), made))
            done = [(task, rows[task.name]) for task in worklist.tasks]
            index = write_results(preparer, done, worklist)
            journal.remove()
            return index, len(rest)
    except OSError as error:
        raise ValueError(
            f'{error.filename or root}: cannot be written ({error.strerror}); '
            'finished sequences stay: free some space or fix the '
            'permissions, and run the same command again to go on') from None


def _stored(preparer: SequencePreparer) -> Dict[str, Row]:
    """Read the rows of earlier runs, by task."""
    rows: Dict[str, Row] = {}
    if has_index(preparer.out_root):
        for row in read_index(preparer.out_root)['sequences']:
            name = task_name(row['subject'], row['name'], row['attributes'])
            rows[name] = row
    return {**rows, **preparer.journal.read(ROW_SHAPE)}


def _check_detector(preparer: SequencePreparer,
                    tasks: Sequence[SequenceTask]) -> None:
    """Raise an error for a missing detector now, not after an hour."""
    align = preparer.options.align
    if align == 'detector' and tasks or align == 'auto' and any(
            task.sequence.frames[i].landmarks is None for task in tasks
            for i in task.indices if i in task.sequence.frames):
        preparer.faces.detector


def _reopen(preparer: SequencePreparer, stored: Dict[str, Row],
            rows: Dict[str, Row], is_work_left: bool) -> None:
    """Turn a finished tree into an unfinished one, if work is left."""
    root, journal = preparer.out_root, preparer.journal
    orphans = _crops(stored.values()) - _crops(rows.values())
    if not is_work_left and not orphans:
        return
    journal.begin(preparer.dataset_name, preparer.options.to_dict())
    if has_index(root):
        for name, row in rows.items():
            journal.write(name, row)
        remove_files(root, [INDEX_NAME])
    # Crops of sequences that are gone, or will be prepared again.
    remove_files(root, sorted(orphans))


def _crops(rows: Iterable[Row]) -> Set[str]:
    return {
        frame['path']
        for row in rows
        for frame in row.get('frames', ()) if 'path' in frame
    }
