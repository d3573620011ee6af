"""What stands beside the crops of a finished tree: index and report."""
import json
import os.path as osp
from typing import Any, Dict, List, Sequence, Tuple

from ..datasets.decoding.face_decoding import decode_face
from ..datasets.prepared_index import (INDEX_FORMAT, has_index, read_index,
                                       write_index)
from ..utils.atomic_files import write_whole
from .contact_sheet import DoubtfulCrop, write_contact_sheets
from .doubts import mark_doubtful
from .prepared_tree import REPORT_NAME
from .report import format_report
from .sequence_preparer import SequencePreparer
from .sequence_tasks import SequenceTask, Worklist

Row = Dict[str, Any]


def write_results(preparer: SequencePreparer,
                  done: Sequence[Tuple[SequenceTask, Row]], worklist: Worklist,
                  dataset: str) -> List[Row]:
    """Write contact sheets and report, then the index, the last of all.

    Files that are right already are not touched.

    Args:
        preparer (SequencePreparer): Knows folders and options, and reads
            frames that have no crop.
        done (Sequence[tuple[SequenceTask, dict]]): Each sequence and what
            became of it.
        worklist (Worklist): What was amiss beforehand.
        dataset (str): Class name.

    Returns:
        list[dict]: The sequences as the index holds them.
    """
    root, options = preparer.out_root, preparer.options.to_dict()
    index = [_index_row(task, row) for task, row in done]
    mark_doubtful(index)
    seen = [(task, frame) for (task, _), row in zip(done, index)
            for frame in row['frames']
            if frame.get('doubtful') or 'missing' in frame]
    sheets = write_contact_sheets(root, len(seen),
                                  (_picture(preparer, task, frame)
                                   for task, frame in seen))
    report = format_report(dataset, options, worklist, index, sheets)
    write_whole(osp.join(root, REPORT_NAME), report.encode())
    content = dict(
        format=INDEX_FORMAT, dataset=dataset, options=options, sequences=index)
    # As it will be read again: lists in place of tuples.
    content = json.loads(json.dumps(content))
    if not has_index(root) or content != read_index(root):
        write_index(root, content)
    return index


def _index_row(task: SequenceTask, row: Row) -> Row:
    """What the index holds: the labels of now, the frames as prepared."""
    sequence = task.sequence
    extra = {k: row[k] for k in ('geometry', ) if k in row}
    return dict(
        **extra,
        subject=sequence.subject,
        name=sequence.name,
        expression=sequence.expression,
        num_frames=sequence.num_frames,
        attributes=sequence.attributes,
        sources=row['sources'],
        frames=[dict(frame) for frame in row['frames']])


def _picture(preparer: SequencePreparer, task: SequenceTask,
             frame: Row) -> DoubtfulCrop:
    """The crop, or else the frame, for a contact sheet."""
    if 'path' in frame:
        path = osp.join(preparer.out_root, frame['path'])
        return DoubtfulCrop(task.sequence.key, frame['index'],
                            frame['doubtful'], decode_face(path, 'color'))
    image = preparer.read_frame(task, frame['index'])
    return DoubtfulCrop(task.sequence.key, frame['index'],
                        ['no crop:', frame['missing']], image)
