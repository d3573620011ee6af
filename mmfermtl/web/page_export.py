"""Write the private page as a folder for any static host."""
import os
import os.path as osp
from typing import List, Mapping

from ..utils.atomic_files import write_whole
from ..utils.contained_files import INNER_PATH, remove_files
from ..utils.errors import UserError
from ..utils.json_documents import Rule, read_json
from .page_files import SETTINGS, PageFile

FIRST = 'index.html'
#: Of settings.json, which makes a folder one that was written here.
SHAPE = {
    'mark':
    Rule('a text that names mmfermtl',
         lambda v: isinstance(v, str) and 'mmfermtl' in v),
    'crop':
    dict,
    'files?': [INNER_PATH]
}


def export_page(files: Mapping[str, PageFile], out: str) -> int:
    """Write the files of the page.

    A folder that holds an earlier export is brought up to date: what is no
    longer part of the page goes.

    Args:
        files (Mapping[str, PageFile]): Of :func:`collect_page`.
        out (str): A folder: new, empty, or of an earlier export.

    Returns:
        int: Bytes of all files.

    Raises:
        UserError: If the folder is none of these.
        OSError: If a file cannot be written.
    """
    earlier = check_export_folder(out)
    try:
        # Those that go are named until the next line.
        remove_files(out, set(earlier) - set(files))
    except ValueError as error:
        raise UserError(f'--export {error}') from None
    # Before the rest, so that an export that was cut off can be repeated.
    write_whole(osp.join(out, SETTINGS), files[SETTINGS].content)
    for path, file in files.items():
        if path != FIRST:
            write_whole(osp.join(out, *path.split('/')), file.content)
    # The last one: a host shows the page when all of it is there.
    write_whole(osp.join(out, FIRST), files[FIRST].content)
    return sum(len(file.content) for file in files.values())


def check_export_folder(out: str) -> List[str]:
    """Refuse, before the work, a folder that something else is in.

    Returns:
        list[str]: The files of an earlier export; of one that was written
        before they were listed, none.
    """
    if osp.exists(out) and not osp.isdir(out):
        raise UserError(f'--export {out}: this is a file, expected a folder; '
                        'give another name')
    if not osp.isdir(out) or not os.listdir(out):
        return []
    try:
        return read_json(osp.join(out, SETTINGS), SHAPE).get('files', [])
    except ValueError:
        raise UserError(f'--export {out}: the folder holds other files; give '
                        'a new or empty one') from None
