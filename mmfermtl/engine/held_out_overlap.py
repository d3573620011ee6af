"""Compare built training sets with the sets that a model is measured on."""
import hashlib
import os.path as osp
from collections import defaultdict
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np

from ..datasets import ExpressionDataset, GeneratedFaces
from ..datasets.generated.generated_faces import differing_folds
from ..datasets.generated.provenance import read_provenance
from ..datasets.subjects import subject_identity
from ..datasets.subjects.subject_identity import Identity
from ..utils.contained_files import file_sha256
from ..utils.wrapped_datasets import sample_record, walk_samples
from .checkpoints.training_facts import labels_subjects

#: Names of a kind that a message lists.
LISTED = 4
#: Options of a dataset that decide which subjects it has.
OPTIONS = ('split', 'fold', 'num_folds', 'fold_rule', 'data_root', 'ann_file')


class HeldOutOverlap(NamedTuple):
    """What a training set and a held-out set have in common."""

    #: Subjects, as ``namespace/subject``.
    subjects: List[str]
    #: Paths of files.
    files: List[str]
    #: Images of equal content under two names, ``'one = other'``.
    copies: List[str]
    #: Why a generator may have seen the held-out subjects.
    generators: List[str]

    def __str__(self) -> str:
        parts = [(f'{len(names)} {kind} ({", ".join(names[:LISTED])}'
                  f'{", ..." * (len(names) > LISTED)})')
                 for names, kind in ((self.subjects, 'subjects'), (self.files,
                                                                   'files'),
                                     (self.copies, 'images of equal content'))
                 if names]
        text = f'share {", ".join(parts)}' if parts else ''
        return '; '.join([text] * bool(text) + self.generators)


class ComparedSet:
    """The subjects and files of one or more datasets.

    Args:
        name (str): Its name in messages, such as ``'train_dataloader'``.
        datasets (Sequence[Any]): Built datasets, wrapped or not.

    Attributes:
        subjects (set[tuple[str, str]]): Of known subjects.
        files (dict[str, str]): Path as the dataset has it by real path.
        leaves (list[Any]): The innermost datasets, those with samples.
        unknown (set[str]): Types of datasets without records, about which
            nothing is known.
    """

    def __init__(self, name: str, datasets: Sequence[Any]) -> None:
        self.name = name
        self.subjects: Set[Identity] = set()
        self.files: Dict[str, str] = {}
        self.leaves: List[Any] = []
        #: Whether subjects are the classes, and so on both sides.
        self.labels_subjects = any(map(labels_subjects, datasets))
        self._in_memory: List[Tuple[Any, int]] = []
        self.unknown: Set[str] = set()
        for dataset in datasets:
            for leaf, index in walk_samples(dataset):
                self._add(leaf, index)

    def _add(self, leaf: Any, index: int) -> None:
        if not any(leaf is one for one in self.leaves):
            self.leaves.append(leaf)
        record = sample_record(leaf, index)
        if record is None:
            self.unknown.add(type(leaf).__name__)
            return
        identity = subject_identity(leaf, record)
        if identity is not None:
            self.subjects.add(identity)
        path = record.get('img_path')
        # Such as a row of a CSV file, which its dataset can describe.
        in_memory = hasattr(leaf, 'content_key') and not osp.isfile(path or '')
        if path is None or in_memory:
            self._in_memory.append((leaf, index))
        else:
            self.files.setdefault(osp.realpath(path), path)

    def sizes(self) -> Dict[int, List[str]]:
        """dict[int, list[str]]: Real paths by the size of the file."""
        found = defaultdict(list)
        for path in self.files:
            # The pipeline reports a file that does not exist.
            if osp.isfile(path):
                found[osp.getsize(path)].append(path)
        return found

    def contents(self) -> Dict[str, str]:
        """dict[str, str]: Name of each image without a file by content."""
        found: Dict[str, str] = {}
        for leaf, index in self._in_memory:
            key = _content_key(leaf, index)
            if key is not None:
                name = (sample_record(leaf, index) or {}).get('img_path')
                found.setdefault(
                    key, name or f'{type(leaf).__name__}[{index}] {key[:16]}')
        return found

    def describe(self) -> str:
        """Name the set and the options of its datasets."""
        parts = []
        for leaf in self.leaves:
            options = ', '.join(f'{key}={getattr(leaf, key)!r}'
                                for key in OPTIONS
                                if getattr(leaf, key, '') != '')
            parts.append(f'{type(leaf).__name__}({options})')
        return f'{self.name} of {" + ".join(dict.fromkeys(parts))}'


def _content_key(leaf: Any, index: int) -> Optional[str]:
    """Hash an image ``(H, W)`` or ``(H, W, C)`` that is in no file."""
    if hasattr(leaf, 'content_key'):
        # Rendering it would take the time of an epoch.
        return leaf.content_key(index)
    image = (leaf.get_data_info(index) or {}).get('img')
    if image is None:
        return None
    image = np.ascontiguousarray(image)
    head = f'{image.dtype} {image.shape} '.encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def find_overlap(train: ComparedSet, held_out: ComparedSet) -> HeldOutOverlap:
    """Compare a training set with a held-out one.

    Files are compared by real path and by content; only those of equal size
    are read.
    """
    subjects = train.subjects & held_out.subjects
    if train.labels_subjects and held_out.labels_subjects:
        subjects = set()
    files = sorted(path for real, path in held_out.files.items()
                   if real in train.files)
    return HeldOutOverlap(['/'.join(one) for one in sorted(subjects)], files,
                          sorted(_find_copies(train, held_out)),
                          _find_generators(train, held_out))


def _find_copies(train: ComparedSet, held_out: ComparedSet) -> List[str]:
    """List pairs of names with one content."""
    first, second = train.contents(), held_out.contents()
    copies = [f'{first[k]} = {second[k]}' for k in first if k in second]
    sizes, other_sizes = train.sizes(), held_out.sizes()
    for size in set(sizes) & set(other_sizes):
        digests = {file_sha256(p): p for p in reversed(sizes[size])}
        digests.pop(None, None)  # of files that cannot be read
        # A file on both sides is listed as a file.
        copies += [
            f'{train.files[digests[digest]]} = {held_out.files[path]}'
            for path in other_sizes[size] if path not in train.files and (
                digest := file_sha256(path)) in digests
        ]
    return copies


def _find_generators(train: ComparedSet, held_out: ComparedSet) -> List[str]:
    """Describe generators that may have seen held-out subjects."""
    found = []
    for faces in train.leaves:
        if not isinstance(faces, GeneratedFaces):
            continue
        content = read_provenance(faces.data_root)
        for real in held_out.leaves:
            if not (isinstance(real, ExpressionDataset)
                    and _namespaces(faces) & _namespaces(real)):
                continue
            differing = differing_folds(content, real)
            if real.split == 'inner_val' and content['split'] != 'inner_train':
                differing.append(f'split={content["split"]!r} there, '
                                 "'inner_val' here")
            if differing:
                found.append(
                    f'the generator of {faces.data_root} may have seen the '
                    f'subjects of {held_out.name} ({"; ".join(differing)})')
    return list(dict.fromkeys(found))


def _namespaces(dataset: Any) -> Set[str]:
    """Namespaces of the known subjects of a dataset."""
    identities = (
        subject_identity(dataset, dataset.get_record(index))
        for index in range(len(dataset)))
    return {one[0] for one in identities if one is not None}
