"""Check the folders of a preparation."""
import os
import os.path as osp
import re
from typing import Any, Dict

from ..datasets.prepared_index import (INDEX_NAME, has_index, is_prepared,
                                       read_index)
from ..utils.contained_files import contained_path, file_sha256, remove_files
from ..utils.errors import UserError
from ..utils.file_tree import is_junk
from ..utils.journal import Journal

REPORT_NAME = 'report.md'
#: Names of the contact sheets.
SHEETS = re.compile(r'doubtful(_\d{3,})?\.png')


def check_roots(raw_root: str, out_root: str) -> None:
    """Refuse folders of a distribution and of crops that cannot be used.

    Raises:
        FileNotFoundError: If there is no such source.
        ValueError: If one is within the other, or the target is a file or a
            folder with something else in it.
    """
    if not osp.isdir(raw_root):
        found = 'a file' if osp.exists(raw_root) else 'nothing'
        raise FileNotFoundError(f'raw root {raw_root}: found {found}, '
                                'expected the folder of the distribution')
    raw, out = osp.realpath(raw_root), osp.realpath(out_root)
    if osp.commonpath([raw, out]) in (raw, out):
        raise ValueError(
            f'out root {out_root} and raw root {raw_root} are within one '
            'another or are the same; give a folder outside the distribution')
    if osp.exists(out_root) and not osp.isdir(out_root):
        raise ValueError(f'out root {out_root}: found a file, expected a '
                         'folder or nothing; give another path')
    if not is_prepared(out_root) and not Journal(out_root).exists:
        others = osp.isdir(out_root) and [
            name for name in sorted(os.listdir(out_root)) if not is_junk(name)
        ]
        if others:
            name = INDEX_NAME if INDEX_NAME in others else others[0]
            raise ValueError(
                f'out root {out_root}: found {name} and nothing of a '
                'preparation, expected an empty folder; give another')


def check_options(out_root: str, dataset: str, options: Dict[str,
                                                             Any]) -> None:
    """Refuse to go on with a tree of another class or other options.

    Raises:
        ValueError: If they differ; it names the options.
    """
    stored = read_index(out_root) if has_index(out_root) else Journal(
        out_root).read_options()
    if not stored:
        return
    before = dict(stored.get('options', {}), dataset=stored.get('dataset'))
    now = dict(options, dataset=dataset)
    differing = [
        f'{key}={before.get(key)!r:.100} there, {now.get(key)!r:.100} now'
        for key in sorted({*before, *now}) if before.get(key) != now.get(key)
    ]
    if differing:
        raise ValueError(
            f'{out_root}: prepared with other options ('
            f'{"; ".join(differing)}); give the same, or another out root, '
            'or --overwrite to remove that tree first')


def clear_tree(out_root: str) -> None:
    """Remove a prepared tree: index, report, journal and all PNG files.

    Other files stay, and so does a folder that is no prepared tree.
    """
    journal = Journal(out_root)
    if not is_prepared(out_root) and not journal.exists:
        return
    with journal.lock():
        # The index goes first: without it the rest counts as unfinished.
        remove_files(out_root, [INDEX_NAME, REPORT_NAME])
        crops = [
            osp.relpath(osp.join(folder, name), out_root)
            for folder, _, names in os.walk(out_root) for name in names
            if name.endswith('.png')
        ]
        remove_files(out_root, crops)
        journal.remove()


def verify_dataset(out_root: str) -> str:
    """Compare a prepared tree with the checksums in its index.

    Returns:
        str: Summary for the user.

    Raises:
        UserError: If crops are damaged or missing.
        ValueError: If there is no finished tree, or its index is damaged.
    """
    if not has_index(out_root):
        state = ' (a preparation is unfinished)' * Journal(out_root).exists
        raise ValueError(f'{out_root}: found no {INDEX_NAME}{state}, expected '
                         'a prepared tree; run without --verify first')
    crops = [
        frame for row in read_index(out_root)['sequences']
        for frame in row['frames'] if 'path' in frame
    ]
    damaged = []
    for frame in crops:
        path = contained_path(out_root, frame['path'], follow=True)
        found = file_sha256(path)
        if found is None:
            damaged.append(f'{path}: missing or not readable')
        elif found != frame['sha256']:
            damaged.append(f'{path}: SHA-256 {found[:12]}..., expected '
                           f'{frame["sha256"][:12]}...')
    if damaged:
        shown = ''.join(f'\n  {line}' for line in damaged[:20])
        raise UserError(f'{out_root}: {len(damaged)} of {len(crops)} crops '
                        f'were changed:{shown}\nRun again without --verify to '
                        'prepare them again')
    return f'{out_root}: all {len(crops)} crops are unchanged'
