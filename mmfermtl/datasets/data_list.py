"""Identify the images that a network was trained on by one hash."""
import hashlib
import os
import os.path as osp
import posixpath
from typing import Any, Optional

from ..utils.wrapped_datasets import sample_record


def data_list_sha256(dataset: Any) -> Optional[str]:
    """Hash the names of the images of a dataset and their classes.

    The list has a line for each image: its path inside the innermost folder
    that holds all of them, with ``/``, a tab, and the name of its class,
    which is empty for an unlabelled image. The lines are sorted, and each
    ends in a line feed. Where the data are does not matter, nor in which
    order they are read; the contents of the images are not looked at. A
    rendered image is named by what it is rendered from, and a frame of a
    video by subject, sequence and number.

    Args:
        dataset (Any): A dataset of this package, built, without wrappers.

    Returns:
        str, optional: SHA-256 of the list in UTF-8, 64 hexadecimal digits;
        None for a dataset without records.
    """
    records = [
        sample_record(dataset, index) or {} for index in range(len(dataset))
    ]
    # Datasets of other packages may name nothing.
    if not records or not all(r.keys() & {'img_path', 'subject'}
                              for r in records):
        return None
    folders = {
        folder: osp.abspath(folder)
        for folder in
        {osp.dirname(r['img_path'])
         for r in records if 'img_path' in r}
    }
    root = osp.commonpath(folders.values()) if folders else ''
    inner = {
        folder: osp.relpath(path, root).replace(os.sep, '/')
        for folder, path in folders.items()
    }
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes') or ()
    lines = []
    for index, record in enumerate(records):
        if 'img_path' in record:
            folder, name = osp.split(record['img_path'])
            name = posixpath.normpath(f'{inner[folder]}/{name}')
        elif hasattr(dataset, 'content_key'):
            name = dataset.content_key(index)
        else:
            name = '/'.join(
                str(record.get(key))
                for key in ('subject', 'sequence', 'frame_index'))
        label = record.get('gt_label', -1)
        known = isinstance(label, int) and 0 <= label < len(classes)
        lines.append(f'{name}\t{classes[label] if known else ""}\n')
    return hashlib.sha256(''.join(sorted(lines)).encode()).hexdigest()
