"""Write the index, the report and the contact sheets of a finished tree."""
import json
import os
import os.path as osp
import textwrap
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import cv2

from ..datasets.prepared_index import (INDEX_FORMAT, has_index, read_index,
                                       write_index)
from ..utils.atomic_files import write_whole
from ..utils.decoding.face_decoding import decode_face
from ..visualization.dataset_pages import Tile, draw_page
from .doubtful_crops import mark_doubtful
from .preparation_report import format_report
from .sequence_preparer import SequencePreparer
from .sequence_tasks import SequenceTask, Worklist
from .tree_checks import REPORT_NAME, SHEETS

Row = Dict[str, Any]
#: Of a contact sheet.
COLUMNS, ROWS = 8, 5
#: Characters and lines of the reasons below a crop.
_WIDTH, _LINES = 20, 4


def write_results(preparer: SequencePreparer,
                  done: Sequence[Tuple[SequenceTask,
                                       Row]], worklist: Worklist) -> List[Row]:
    """Write contact sheets and report, then the index, the last of all.

    Files that are right already are not touched.

    Args:
        done (Sequence[tuple[SequenceTask, dict]]): Each sequence and its row,
            see :meth:`SequencePreparer.prepare`.

    Returns:
        list[dict]: The sequences as the index holds them.
    """
    root, options = preparer.out_root, preparer.options.to_dict()
    dataset = preparer.dataset_name
    index = [_index_row(task, row) for task, row in done]
    mark_doubtful(index)
    shown = [(task, frame) for (task, _), row in zip(done, index)
             for frame in row['frames']
             if frame.get('doubtful') or 'missing' in frame]
    sheets = write_contact_sheets(root, len(shown),
                                  (_tile(preparer, task, frame)
                                   for task, frame in shown))
    report = format_report(dataset, options, worklist, index, sheets)
    write_whole(osp.join(root, REPORT_NAME), report.encode())
    content = dict(
        format=INDEX_FORMAT, dataset=dataset, options=options, sequences=index)
    # With lists in place of tuples, as read_index returns it.
    content = json.loads(json.dumps(content))
    if not has_index(root) or content != read_index(root):
        write_index(root, content)
    return index


def _index_row(task: SequenceTask, row: Row) -> Row:
    """Join the present labels with the frames as they were prepared."""
    sequence = task.sequence
    return dict({k: row[k]
                 for k in ('geometry', 'sources') if k in row},
                subject=sequence.subject,
                name=sequence.name,
                expression=sequence.expression,
                num_frames=sequence.num_frames,
                attributes=sequence.attributes,
                frames=[dict(frame) for frame in row['frames']])


def _tile(preparer: SequencePreparer, task: SequenceTask, frame: Row) -> Tile:
    """Caption the crop, or else the frame, for a contact sheet."""
    if 'path' in frame:
        path = osp.join(preparer.out_root, frame['path'])
        image, reasons = decode_face(path, 'color'), frame['doubtful']
    else:
        image = preparer.read_frame(task, frame['index'])
        reasons = [f'no crop: {frame["missing"]}']
    lines = textwrap.wrap('; '.join(reasons), _WIDTH)[:_LINES]
    return Tile([image],
                [task.sequence.key, f'frame {frame["index"]}', *lines])


def write_contact_sheets(root: str, number: int,
                         tiles: Iterator[Tile]) -> List[str]:
    """Write ``number`` tiles page by page, and remove pages of other runs.

    Returns:
        list[str]: Names of the pages: ``doubtful.png``, or
        ``doubtful_001.png`` and so on if they are several.
    """
    per_page = COLUMNS * ROWS
    pages = -(-number // per_page)
    names = [f'doubtful_{page:03d}.png' for page in range(1, pages + 1)]
    if pages == 1:
        names = ['doubtful.png']
    for old in sorted(os.listdir(root)):
        if SHEETS.fullmatch(old) and old not in names:
            os.remove(osp.join(root, old))
    for page, name in enumerate(names):
        size = min(per_page, number - page * per_page)
        sheet = draw_page([next(tiles) for _ in range(size)], COLUMNS,
                          f'{size} of {number} doubtful crops')
        content = cv2.imencode('.png', sheet)[1].tobytes()
        write_whole(osp.join(root, name), content)
    return names
