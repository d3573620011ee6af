"""Walk a dataset folder with links and the files of desktop systems."""
import os
import os.path as osp
from typing import Callable, FrozenSet, Iterator, List, Optional, Tuple

_JUNK = ('thumbs.db', 'desktop.ini', '__macosx')


def is_junk(name: str) -> bool:
    """Return whether a file is hidden or was left by a desktop system."""
    return name.startswith('.') or name.lower() in _JUNK


def walk_files(
    root: str,
    problems: List[str],
    skip_folder: Optional[Callable[[str], bool]] = None,
    above: FrozenSet[str] = frozenset()
) -> Iterator[Tuple[str, str]]:
    """List folder and name of the files below a folder, in sorted order.

    Links to folders are followed once.

    Args:
        root (str): The folder.
        problems (list[str]): Receives a sentence for each folder or link
            that cannot be followed.
        skip_folder (Callable, optional): Decides by the name of a folder
            whether to leave it out. Defaults to None.
        above (frozenset[str]): The folders that were followed on the way to
            this one. Defaults to none.
    """
    above = above or frozenset([osp.realpath(root)])
    try:
        with os.scandir(root) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        problems.append(f'{root}: cannot be listed ({error.strerror}); '
                        'change its permissions or remove it')
        return
    for entry in entries:
        if is_junk(entry.name):
            continue
        try:
            is_folder = entry.is_dir()
            if not is_folder and not entry.is_file():
                raise FileNotFoundError
        except OSError:
            problems.append(f'{entry.path}: link that leads nowhere or to '
                            'itself; remove it or fix its target')
            continue
        if not is_folder:
            yield root, entry.name
        elif skip_folder is None or not skip_folder(entry.name):
            inner = above
            if entry.is_symlink():
                target = osp.realpath(entry.path)
                if any(
                        osp.commonpath([target, a]) == target
                        for a in above | {osp.realpath(root)}):
                    problems.append(f'{entry.path}: link back to the folder '
                                    f'{target} that holds it; remove it')
                    continue
                inner = above | {target}
            yield from walk_files(entry.path, problems, skip_folder, inner)


def check_root(root: str, expected: str) -> None:
    """Raise a FileNotFoundError if a dataset folder does not exist.

    ``expected``, what it should hold, is for the message.
    """
    if not osp.isdir(root):
        found = 'a file' if osp.exists(root) else 'nothing'
        raise FileNotFoundError(
            f'data root {root!r}: found {found}, expected a folder that holds '
            f'{expected}; set `data_root`')
