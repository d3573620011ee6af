import hashlib
import os.path as osp
from abc import abstractmethod
from collections import defaultdict
from typing import Any, Dict, List, Optional, Set

from ...registry import DATASETS
from ...utils.decoding.image_paths import PathsBelow
from ...utils.file_tree import check_root
from ..expression_dataset import ExpressionDataset
from ..own_data.fixed_splits import keep_fixed_split

#: Splits in the order in which a copy of an image is left out last.
_HELD_OUT = ('test', 'val')


def has_fixed_splits(dataset: Any) -> bool:
    """Return whether a dataset config is of a set that has no folds."""
    kind = dataset.get('type')
    kind = DATASETS.get(kind) if isinstance(kind, str) else kind
    return isinstance(kind, type) and issubclass(kind, FixedSplitDataset)


class FixedSplitDataset(ExpressionDataset):
    """Base of sets with fixed splits and images of unknown subjects.

    Collected from the web, such sets name no subjects, so that there are no
    folds and no pairs: each image counts as a subject of its own, and targets
    are drawn unpaired. A subclass lists the images in :meth:`list_images`.

    Args:
        data_root (str): Folder of the dataset.
        split (str): ``'train'``, ``'val'``, ``'test'`` or ``'all'``. Sets
            without one of them say what takes its place. Defaults to
            ``'train'``.
        fold (int, optional): 0 or None. Defaults to None.
        copies (str): What is done with images whose content is that of
            another one: ``'leave_out'`` keeps one of each, of the test set
            before the validation set before the training set; ``'keep'``
            keeps all, as publications do, and a run that trains on copies of
            test images is then refused unless ``--allow-leak``. The images
            that are tested on do not depend on it but for copies within the
            test set, which are kept. Defaults to ``'leave_out'``.
        classes (int | Sequence[str], optional): Defaults to None, those of
            the subclass.
        **kwargs: See :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If an option is wrong, or the split has no image.
    """

    #: What the folder holds, for messages.
    EXPECTED = 'images'
    #: Classes by default: the seven of most sets from the web.
    DEFAULT_CLASSES: Any = ('neutral', 'anger', 'disgust', 'fear', 'happiness',
                            'sadness', 'surprise')
    #: Whether the test set is validated on, too, as there is no third part.
    VAL_IS_TEST = False

    def __init__(self,
                 data_root: str = '',
                 split: str = 'train',
                 copies: str = 'leave_out',
                 classes: Any = None,
                 **kwargs: Any) -> None:
        if self.VAL_IS_TEST and split == 'val':
            split = 'test'
        if copies not in ('leave_out', 'keep'):
            raise ValueError(f"copies={copies!r}; give 'leave_out' or 'keep'")
        self.copies = copies
        super().__init__(
            data_root=data_root,
            split=split,
            classes=self.DEFAULT_CLASSES if classes is None else classes,
            **kwargs)

    @abstractmethod
    def list_images(self) -> List[dict]:
        """List the images of all splits.

        Returns:
            list[dict]: ``img_path``, ``expression`` and ``fixed_split`` of
            each, and what else the subclass needs.
        """

    def content(self, sample: dict) -> bytes:
        """Return what two images share if they are copies of each other."""
        with open(sample['img_path'], 'rb') as file:
            return hashlib.blake2b(file.read(), digest_size=16).digest()

    def load_samples(self) -> List[dict]:
        """List the images, without copies unless they are kept."""
        check_root(self.data_root, self.EXPECTED)
        samples = self.list_images()
        for sample in samples:
            name = osp.relpath(sample['img_path'], self.data_root)
            sample.update(
                subject=name,
                sequence='0',
                frame_index=0,
                num_frames=1,
                role='peak',
                subject_known=False)
        if self.copies == 'leave_out':
            samples = self._leave_out_copies(samples)
        return samples

    def keep_split(self, samples: List[dict], labelled: set) -> List[dict]:
        """Keep the samples of the fixed split."""
        self.fold_sizes = [sum(s['fixed_split'] == 'test' for s in samples)]
        return keep_fixed_split(samples, self.split, self.fold, self.data_root)

    def find_image(self, paths: PathsBelow, folder: str, name: str,
                   where: str) -> Optional[str]:
        """Find an image that a list names.

        Args:
            paths (PathsBelow): Where it may be.
            folder (str): What its name is relative to.
            name (str): As listed.
            where (str): Place in the list, for messages.

        Returns:
            str, optional: Its path; None if it does not exist, which is
            among the problems then.

        Raises:
            ValueError: If it is elsewhere.
        """
        paths.resolve(osp.join(osp.relpath(folder, paths.root), name), where)
        image = osp.join(folder, name)
        if osp.isfile(image):
            return image
        self.problems.append(f'{where}: {image} does not exist; copy it again '
                             'from the distribution')
        return None

    def _leave_out_copies(self, samples: List[dict]) -> List[dict]:
        """Keep one image of equal content, one that is held out if any."""
        splits: Dict[bytes, Set[str]] = defaultdict(set)
        keys = [self.content(sample) for sample in samples]
        for key, sample in zip(keys, samples):
            splits[key].add(sample['fixed_split'])
        seen: Set[bytes] = set()
        kept = []
        for key, sample in zip(keys, samples):
            split = sample['fixed_split']
            first = next((s for s in _HELD_OUT if s in splits[key]), split)
            copied = split != first or (split != 'test' and key in seen)
            if split == first:
                seen.add(key)
            if copied:
                self.left_out[f'copies of other images in {split}'] += 1
            else:
                kept.append(sample)
        return kept
