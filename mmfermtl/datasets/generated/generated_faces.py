import json
import os.path as osp
from collections import Counter
from typing import Any, Dict, List, Optional

from ...registry import DATASETS
from ...utils.contained_files import check_content, contained_path
from ...utils.deprecation import register_old_name
from ..dataset_text import report_left_out
from ..expression_dataset import ExpressionDataset
from ..subjects.subject_folds import TRAIN_SPLITS
from .provenance import PROVENANCE_NAME, read_provenance


@DATASETS.register_module()
class GeneratedFaces(ExpressionDataset):
    """Faces that ``tools/synthesize.py`` painted, for training alone.

    They are labelled with their target and count as images of the person
    that was repainted; records have ``generated=True`` besides the usual
    keys.

    A generator has seen its training subjects, so that the images belong to
    one fold of one dataset: :file:`provenance.json` names it, and this class
    refuses to be of another. In no case are they for validation or testing.
    ::

        data_root
        ├── anger/S010_002_013_00000.png ...
        ├── ...
        └── provenance.json

    Args:
        data_root (str): Folder with ``provenance.json``. ``{fold}`` in it
            stands for the number of the fold, so that one config serves all.
        split (str): ``'train'``; ``'inner_train'``, if the generator was
            trained on that; or ``'all'`` to look at them. Defaults to
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
            that was painted.
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
                'painted faces are for training alone, for a score on them '
                "says nothing of real faces; give split='train' in a "
                'training dataset, and real faces for validation and test')
        if kwargs.get('pairs'):
            raise ValueError('GeneratedFaces draws no pairs: a painted face '
                             'is not the truth of another; leave `pairs` out')
        super().__init__(
            data_root=data_root.replace('{fold}', str(fold)),
            split=split,
            fold=fold,
            test_mode=False,
            **kwargs)

    def load_data_list(self) -> List[dict]:
        """List the images of the wanted classes."""
        self.fold_sizes = []
        names = self.metainfo['classes']
        found = self.load_samples()
        samples = []
        for sample in found:
            expression = sample.pop('expression')
            if expression in names:
                samples.append(dict(sample, gt_label=names.index(expression)))
            else:
                self.left_out[f'images of {expression}, not in `classes`'] += 1
        if not samples:
            raise ValueError(
                f'{osp.join(self.data_root, PROVENANCE_NAME)}: none of '
                f'{len(found)} images is of the classes '
                f'{", ".join(names)}; paint more, or ask less of them')
        report_left_out(self)
        return samples

    def load_samples(self) -> List[dict]:
        """List the painted images, which must be there, of all classes."""
        content = read_provenance(self.data_root)
        self._check_fold(content)
        return [self._record(row) for row in content['images']]

    def _check_fold(self, content: Dict[str, Any]) -> None:
        """Refuse images from a generator that saw the held-out subjects."""
        if self.split == 'all':
            return
        differing = differing_folds(content, self)
        if differing:
            raise ValueError(
                f'{self.data_root}: painted by a generator of another fold '
                f'({"; ".join(differing)}), which may have been trained on '
                'the subjects that are held out here; paint a set for this '
                'fold with tools/synthesize.py')
        split = content['split']
        if self.split == 'inner_train' and split != 'inner_train':
            raise ValueError(
                f"{self.data_root}: painted by a generator of split="
                f"{split!r}, which saw the subjects of 'inner_val'; "
                "train one with split='inner_train' and paint with that")

    def _record(self, row: Dict[str, Any]) -> Dict[str, Any]:
        path = contained_path(self.data_root, row['path'], follow=True)
        hint = ('run the same tools/synthesize.py command again, which makes '
                'it anew')
        if not osp.isfile(path) or osp.getsize(path) == 0:
            raise FileNotFoundError(
                f'{path}: painted image not found or empty; {hint}')
        check_content(path, row['sha256'], hint)
        source = row['source']
        return dict(
            img_path=path,
            expression=row['expression'],
            subject=source['subject'],
            sequence=source['sequence'],
            frame_index=source['frame_index'],
            num_frames=source['num_frames'],
            role='synthesized',
            dataset=source['dataset'],
            generated=True)

    def __repr__(self) -> str:
        labels = Counter(self.get_gt_labels().tolist())
        counts = ', '.join(f'{name} {labels[k]}'
                           for k, name in enumerate(self.CLASSES))
        return (f'GeneratedFaces(split={self.split!r}, fold={self.fold}, '
                f'{len(set(self.get_subjects()))} subjects, {len(self)} '
                f'painted images: {counts})')


def differing_folds(content: Dict[str, Any],
                    dataset: ExpressionDataset) -> List[str]:
    """Compare the fold of a generator with that of a dataset.

    Args:
        content (dict): Provenance of what was generated.
        dataset (ExpressionDataset): The dataset.

    Returns:
        list[str]: A phrase for each of ``fold``, ``num_folds`` and
        ``fold_rule`` that differs.
    """
    rule = json.loads(json.dumps(dataset.fold_rule))
    wanted = dict(
        fold=dataset.fold, num_folds=dataset.num_folds, fold_rule=rule)
    if isinstance(rule, dict) or rule == 'loso':
        del wanted['num_folds']  # the rule itself says how many
    return [
        f'{key}={content[key]!r} there, {value!r} here'
        for key, value in wanted.items() if content[key] != value
    ]


register_old_name(DATASETS, 'SynthesizedFaces', GeneratedFaces)
