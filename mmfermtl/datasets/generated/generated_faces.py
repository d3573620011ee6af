import json
import os.path as osp
from typing import Any, Dict, List, Optional

from ...registry import DATASETS
from ...utils.contained_files import check_content, contained_path
from ...utils.deprecation import register_old_name
from ..class_selection import leave_out_classes
from ..dataset_report import class_counts, left_out_text, log_dataset
from ..expression_dataset import ExpressionDataset
from ..subjects.subject_folds import TRAIN_SPLITS
from .provenance import PROVENANCE_NAME, lacks_nothing, read_provenance


@DATASETS.register_module()
class GeneratedFaces(ExpressionDataset):
    """Images that ``tools/synthesize.py`` generated, for training alone.

    They are labelled with their target expression and count as images of the
    subject of their source; records have ``generated=True`` besides the
    usual keys.

    A generator has seen its training subjects, so that the images belong to
    one fold of one dataset: :file:`provenance.json` names it, and this class
    refuses to be of another. They are never for validation or testing. ::

        data_root
        ├── anger/S010_002_013_00000.png ...
        ├── ...
        └── provenance.json

    Args:
        data_root (str): Folder with ``provenance.json``. ``{fold}`` in it
            is replaced by the number of the fold, so that one config serves
            all.
        split (str): ``'train'``; ``'inner_train'``, if the generator was
            trained on that; or ``'all'`` to browse them. Defaults to
            ``'train'``.
        fold (int, optional): The fold that is held out; must be the one that
            the generator did not see. Defaults to None.
        num_folds (int): Must be that of the generator. Defaults to 10.
        fold_rule (str | dict): Likewise. Defaults to ``'interval'``.
        test_mode (bool, optional): Must not be True. Defaults to None.
        **kwargs: See :class:`~mmfermtl.datasets.ExpressionDataset`;
            ``pairs`` must not be set.

    Raises:
        FileNotFoundError: If there is no provenance, or an image is gone.
        ValueError: For another split, another fold, ``test_mode``,
            ``pairs``, a damaged provenance, or an image that is not the one
            that was generated.
    """

    def __init__(self,
                 data_root: str = '',
                 split: str = 'train',
                 fold: Optional[int] = None,
                 test_mode: Optional[bool] = None,
                 **kwargs) -> None:
        if split not in (*TRAIN_SPLITS, 'all') or test_mode:
            raise ValueError(
                f'GeneratedFaces(split={split!r}, test_mode={test_mode}): '
                'generated images are for training alone, for a score on '
                "them is no score on real ones; give split='train' in a "
                'training dataset, and real images for validation and test')
        if kwargs.get('pairs'):
            raise ValueError('GeneratedFaces draws no pairs: a generated '
                             'image is no ground truth of another; leave '
                             '`pairs` out')
        super().__init__(
            data_root=data_root.replace('{fold}', str(fold)),
            split=split,
            fold=fold,
            test_mode=False,
            **kwargs)

    def load_data_list(self) -> List[dict]:
        """List the images of the wanted classes."""
        found = self.load_samples()
        samples = leave_out_classes(self, self.keep_classes(found))
        if not found and lacks_nothing(read_provenance(self.data_root)):
            # MMEngine cannot serialize an empty list.
            self.serialize_data = False
        elif not samples:
            raise ValueError(
                f'{osp.join(self.data_root, PROVENANCE_NAME)}: none of '
                f'{len(found)} images is of the classes '
                f'{", ".join(self.CLASSES)}; generate more, or ask for other '
                '`classes`')
        if self.left_out:
            log_dataset(self, left_out_text(self))
        return samples

    def load_samples(self) -> List[dict]:
        """List the generated images, which must exist, of all classes."""
        content = read_provenance(self.data_root)
        if self.split != 'all':
            self._check_fold(content)
        return [self._record(row) for row in content['images']]

    def _check_fold(self, content: Dict[str, Any]) -> None:
        """Refuse images from a generator that saw the held-out subjects."""
        differing = differing_folds(content, self)
        if differing:
            raise ValueError(
                f'{self.data_root}: from a generator of another fold '
                f'({"; ".join(differing)}), which may have been trained on '
                'the subjects that are held out here; generate a set for '
                'this fold with tools/synthesize.py')
        split = content['split']
        if split not in TRAIN_SPLITS:
            raise ValueError(
                f'{self.data_root}: generated from split={split!r}, expected '
                f'{" or ".join(map(repr, TRAIN_SPLITS))}: its faces may be '
                'those that are held out here; generate with the config of a '
                'training split')
        if self.split == 'inner_train' and split != 'inner_train':
            raise ValueError(
                f'{self.data_root}: from a generator of split={split!r}, '
                "which saw the subjects of 'inner_val'; train one with "
                "split='inner_train' and generate with that")

    def _record(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """Make the record of an image, whose file must be the recorded one."""
        path = contained_path(self.data_root, row['path'], follow=True)
        hint = 'run the same tools/synthesize.py command again'
        if not osp.isfile(path) or osp.getsize(path) == 0:
            raise FileNotFoundError(
                f'{path}: generated image not found or empty; {hint}')
        check_content(path, row['sha256'], hint)
        source = {
            key: row['source'][key]
            for key in ('subject', 'sequence', 'frame_index', 'num_frames',
                        'dataset')
        }
        # Where the type of the dataset does not tell it, but in older sets.
        if 'space' in row['source']:
            source['subject_space'] = row['source']['space']
        return dict(
            source,
            img_path=path,
            expression=row['expression'],
            role='synthesized',
            generated=True)

    def __repr__(self) -> str:
        return (f'GeneratedFaces(split={self.split!r}, fold={self.fold}, '
                f'{len(set(self.get_subjects()))} subjects, {len(self)} '
                f'generated images: {class_counts(self)})')


def differing_folds(content: Dict[str, Any],
                    dataset: ExpressionDataset) -> List[str]:
    """Describe how the fold of a provenance differs from that of a dataset.

    Returns:
        list[str]: A phrase for each of ``fold``, ``num_folds`` and
        ``fold_rule`` that differs; and of ``fold_over`` and the classes
        where these move subjects to other folds. Older sets do not tell.
    """
    rule = json.loads(json.dumps(dataset.fold_rule))
    wanted = dict(
        fold=dataset.fold, num_folds=dataset.num_folds, fold_rule=rule)
    if isinstance(rule, dict) or rule == 'loso':
        del wanted['num_folds']  # the rule itself sets their number
    over = content.get('fold_over')
    there = dict(content, classes=sorted(content['classes']))
    if over is not None and isinstance(rule, str):
        wanted['fold_over'] = dataset.fold_over
        if 'selected' in (over, dataset.fold_over):
            wanted['classes'] = sorted(dataset.CLASSES)
    return [
        f'{key}={there[key]!r} there, {value!r} here'
        for key, value in wanted.items() if there[key] != value
    ]


register_old_name(DATASETS, 'SynthesizedFaces', GeneratedFaces)
