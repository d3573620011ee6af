"""A generated training set in the layout of tools/synthesize.py."""
import hashlib
import os
import os.path as osp
import shutil
from typing import Any

from mmfermtl.datasets import CKPlus48
from mmfermtl.datasets.generated.provenance import (PROVENANCE_NAME,
                                                    format_provenance)


def write_generated_set(root: str,
                        data_root: str,
                        fold: int = 0,
                        per_class: int = 4,
                        **header: Any) -> str:
    """Write real training images of a CK+48 tree under other labels.

    Args:
        root (str): Folder to write to.
        data_root (str): The tree.
        fold (int): Fold whose training subjects are taken. Defaults to 0.
        per_class (int): Images of each class. Defaults to 4.
        **header: Entries of the provenance to replace.

    Returns:
        str: The folder.
    """
    split = header.get('split', 'train')
    real = CKPlus48(data_root, split=split, fold=fold)
    labels = real.get_gt_labels().tolist()
    images = []
    for label, name in enumerate(real.CLASSES):
        others = [i for i, k in enumerate(labels) if k != label]
        for number, index in enumerate(others[label::7][:per_class]):
            record = real.get_record(index)
            path = f'{name}/{record["subject"]}_{number:05d}.png'
            os.makedirs(osp.join(root, name), exist_ok=True)
            shutil.copy(record['img_path'], osp.join(root, path))
            with open(osp.join(root, path), 'rb') as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            source = {
                k: record[k]
                for k in ('dataset', 'subject', 'sequence', 'frame_index',
                          'num_frames')
            }
            images.append(
                dict(
                    path=path,
                    sha256=digest,
                    expression=name,
                    target=[float(k == label) for k in range(7)],
                    source=source))
    content = dict(
        dataset='CKPlus48',
        split=split,
        fold=fold,
        num_folds=10,
        fold_rule='interval',
        classes=list(real.CLASSES),
        images=images)
    with open(osp.join(root, PROVENANCE_NAME), 'wb') as file:
        file.write(format_provenance({**content, **header}))
    return root
