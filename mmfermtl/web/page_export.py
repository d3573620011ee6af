"""Write the private page as a folder for any static host."""
import os
import os.path as osp
from typing import Mapping

from ..utils.atomic_files import write_whole
from ..utils.errors import UserError
from .page_files import PageFile

#: Makes a folder one that was written here.
FIRST = 'index.html'
SIGN = 'settings.json'


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
        UserError: If the folder holds anything else.
        OSError: If a file cannot be written.
    """
    check_export_folder(out)
    # Before the rest, so that an export that was cut off can be repeated.
    write_whole(osp.join(out, SIGN), files[SIGN].content)
    for path, file in files.items():
        if path != FIRST:
            write_whole(osp.join(out, *path.split('/')), file.content)
    # The last one: a host shows the page when all of it is there.
    write_whole(osp.join(out, FIRST), files[FIRST].content)
    return sum(len(file.content) for file in files.values())


def check_export_folder(out: str) -> None:
    """Refuse, before the work, a folder that something else is in."""
    if osp.exists(out) and not osp.isdir(out):
        raise UserError(f'--export {out}: this is a file, expected a folder; '
                        'give another name')
    if osp.isdir(out) and os.listdir(out) and not osp.isfile(
            osp.join(out, SIGN)):
        raise UserError(f'--export {out}: the folder holds other files; give '
                        'a new or empty one')
