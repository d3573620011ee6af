from abc import abstractmethod
from collections import Counter
from contextlib import nullcontext
from typing import (Any, ContextManager, Dict, List, Optional, Sequence, Tuple,
                    Union)

import numpy as np
import torch
from mmengine.dataset import BaseDataset, force_full_init

from ..expressions import canonical_expression, resolve_classes
from ..registry import TRANSFORMS
from .dataset_text import (absent_classes, describe_dataset, first_problem,
                           report_absent_classes, report_left_out)
from .random_state import seeded_draws
from .subject_folds import (HELD_OUT_SPLITS, TRAIN_SPLITS, FoldRule,
                            fold_subjects, split_subjects)
from .target_sampler import Target, TargetSampler

#: Parts the draws of targets from those of the augmentation.
TARGET_STREAM = 1


class ExpressionDataset(BaseDataset):
    """Base of the datasets: classes, subject folds, pairs, seeded draws.

    A subclass lists every image it has in :meth:`load_samples`; this class
    keeps the wanted classes and subjects. The subjects are divided into folds
    after the classes were chosen, so that a subject counts if it has at
    least one sample of these classes.

    Each item goes into the pipeline as a dict with ``img_path`` (or ``img``),
    ``gt_label``, ``subject``, ``sequence``, ``frame_index``, ``num_frames``,
    ``role``, ``dataset`` and ``sample_idx``. With ``pairs``, it also has
    ``target_label`` and, where the same subject has an image of that
    expression, ``target_img_path`` (or ``target_img``).

    Args:
        data_root (str): Folder of the dataset. Defaults to ''.
        split (str): ``'train'``, ``'test'``, ``'all'``, or, to choose
            without a look at the test fold, ``'inner_train'`` and
            ``'inner_val'``, see
            :func:`~mmfermtl.datasets.subject_folds.split_subjects`.
            Defaults to ``'train'``.
        fold (int | None): The fold that is tested on, 0-based. None with
            ``split='all'`` only. Defaults to None.
        num_folds (int): Number of folds. Defaults to 10.
        fold_rule (str | dict): See
            :func:`~mmfermtl.datasets.subject_folds.fold_subjects`. Defaults
            to ``'interval'``.
        fold_over (str): Which subjects are divided into folds: those with
            a sample of the ``'selected'`` classes, or those with any
            ``'labelled'`` sample. Papers do not say; they differ for CK+
            without contempt, where the second gives folds of 32, 37, 38,
            33, 28, 35, 27, 28, 31, 20 sequences and the first 31, 37, 39,
            31, 30, 34, 27, 26, 31, 23. Defaults to ``'selected'``, which
            keeps all folds of nearly the same number of subjects.
        classes (int | Sequence[str]): 6, 7, 8 or names in label order.
            Defaults to 7.
        pairs (bool | dict): Whether to draw a target expression for each
            sample; a dict holds the options of
            :class:`~mmfermtl.datasets.target_sampler.TargetSampler`.
            Defaults to False.
        test_mode (bool | None): Whether draws are the same every time. None
            means that they are unless ``split`` is ``'train'`` or
            ``'inner_train'``. Defaults to None.
        pipeline (Sequence[dict | Callable]): Transforms; unscoped types are
            looked up as usual. Defaults to ().
        subject_namespace (str): Whose names the subjects have. A run is
            refused if it trains on a subject that it is measured on, and
            datasets of one namespace name their subjects alike. Defaults to
            '', that of the class.
        **kwargs: As in :class:`mmengine.dataset.BaseDataset` (``metainfo``,
            ``data_prefix``, ``indices``, ``serialize_data``, ``lazy_init``,
            ``max_refetch``).

    Raises:
        ValueError: For a class set, split, fold or rule that does not exist,
            or if a class has no sample.
    """

    #: Sequences, (subject, sequence), whose images contradict their label.
    #: They are kept; cross-validation has a figure without them too.
    DOUBTFUL_SEQUENCES: Tuple[Tuple[str, str], ...] = ()
    #: Whether other classes than the known expressions may be named.
    OWN_CLASSES = False
    #: Whether a problem raises an error.
    strict = False
    #: Namespace of the subjects, if another class has the same; else that
    #: is the name of the class.
    SUBJECTS = ''

    def __init__(self,
                 data_root: str = '',
                 split: str = 'train',
                 fold: Optional[int] = None,
                 num_folds: int = 10,
                 fold_rule: FoldRule = 'interval',
                 fold_over: str = 'selected',
                 classes: Union[int, Sequence[str]] = 7,
                 pairs: Union[bool, Dict[str, Any]] = False,
                 test_mode: Optional[bool] = None,
                 pipeline: Sequence[Any] = (),
                 metainfo: Optional[dict] = None,
                 subject_namespace: str = '',
                 **kwargs) -> None:
        self.subject_namespace = subject_namespace
        self.split = split
        self.fold = fold
        self.num_folds = num_folds
        self.fold_rule = fold_rule
        if fold_over not in ('selected', 'labelled'):
            raise ValueError(f"fold_over={fold_over!r}; give 'selected' or "
                             "'labelled'")
        self.fold_over = fold_over
        #: What was left out while listing the samples, a sentence each.
        self.problems: List[str] = []
        #: What was left out on purpose: its number by what it is.
        self.left_out: Counter = Counter()
        self.pairs = pairs
        self._target_sampler: Optional[TargetSampler] = None
        # Shared with the workers; a negative seed means that none was set.
        self._draw_state = torch.tensor([-1, 0]).share_memory_()
        names = resolve_classes(classes, self.OWN_CLASSES)
        super().__init__(
            data_root=data_root,
            metainfo={
                'classes': names,
                **(metainfo or {})
            },
            test_mode=(split not in TRAIN_SPLITS
                       if test_mode is None else test_mode),
            pipeline=[
                TRANSFORMS.build(t) if isinstance(t, dict) else t
                for t in pipeline
            ],
            **kwargs)

    @abstractmethod
    def load_samples(self) -> List[dict]:
        """List every image of the dataset, whatever its class or subject.

        Returns:
            list[dict]: Sample records with ``expression`` in place of
            ``gt_label``: any known name, or None for a face that is only a
            source for synthesis.
        """

    def load_data_list(self) -> List[dict]:
        """Keep the wanted classes and the subjects of this split."""
        names, samples, labelled = self.metainfo['classes'], [], set()
        for sample in self.load_samples():
            sample.setdefault('dataset', type(self).__name__)
            expression = sample.pop('expression')
            if expression is None:
                samples.append(dict(sample, gt_label=-1))
                continue
            expression = canonical_expression(expression, names)
            labelled.add(sample['subject'])
            if expression in names:
                samples.append(dict(sample, gt_label=names.index(expression)))
            else:
                self.left_out[f'images of {expression}, not in `classes`'] += 1
        empty = absent_classes(samples, names)
        if empty:
            raise ValueError(f'{self.data_root or type(self).__name__}: no '
                             f'image of {", ".join(empty)}; complete the '
                             'dataset or leave these names out of `classes`'
                             f'{first_problem(self)}')
        if self.fold_over == 'selected':
            labelled = {s['subject'] for s in samples if s['gt_label'] >= 0}
        kept = self.keep_split(samples, labelled)
        report_left_out(self)
        if self.split in TRAIN_SPLITS:
            report_absent_classes(self, kept)
        return kept

    def keep_split(self, samples: List[dict], labelled: set) -> List[dict]:
        """Keep the samples of this split.

        Args:
            samples (list[dict]): All samples of the wanted classes, and
                sources without a label, which have the label -1.
            labelled (set[str]): The subjects that are divided into folds.

        Returns:
            list[dict]: Those of the split.
        """
        self._count_folds(samples, labelled)
        kept = self._kept_subjects(samples, labelled)
        sources = self.split not in HELD_OUT_SPLITS
        return [
            sample for sample in samples if sample['subject'] in kept and (
                sources or sample['gt_label'] >= 0)
        ]

    def _kept_subjects(self, samples: List[dict], labelled: set) -> set:
        """Subjects of this split; those in no fold are for training only."""
        kept = set(
            split_subjects(labelled, self.split, self.fold, self.num_folds,
                           self.fold_rule))
        if self.split not in HELD_OUT_SPLITS:
            kept |= {s['subject'] for s in samples} - labelled
        return kept

    def _count_folds(self, samples: List[dict], subjects: set) -> None:
        """Remember the number of labelled sequences in each fold."""
        self.fold_sizes: List[int] = []
        if self.split == 'all' and len(subjects) < self.num_folds:
            return  # nobody asked for folds
        folds = fold_subjects(subjects, self.num_folds, self.fold_rule)
        sequences = {(s['subject'], s['sequence'])
                     for s in samples if s['gt_label'] >= 0}
        counts = Counter(subject for subject, _ in sequences)
        self.fold_sizes = [sum(counts[s] for s in fold) for fold in folds]

    @property
    def CLASSES(self) -> tuple:
        """tuple[str]: Canonical names of the classes in label order."""
        return self._metainfo['classes']

    @force_full_init
    def get_record(self, idx: int) -> dict:
        """What is known of a sample, without its image."""
        return BaseDataset.get_data_info(self, idx)

    def get_gt_labels(self) -> np.ndarray:
        """Labels of all samples, ``(N, )`` int64."""
        return np.array(
            [self.get_record(i)['gt_label'] for i in range(len(self))])

    def get_subjects(self) -> List[str]:
        """Subject of each sample, in order."""
        return [self.get_record(i)['subject'] for i in range(len(self))]

    def get_cat_ids(self, idx: int) -> List[int]:
        """Label of one sample, as class-balancing wrappers want it."""
        label = int(self.get_record(idx)['gt_label'])
        return [label] if label >= 0 else []

    def set_draw_state(self, seed: int, epoch: int) -> None:
        """Fix the random draws of an epoch, in running workers too.

        Args:
            seed (int): Seed of the run.
            epoch (int): The epoch that begins, 0-based.
        """
        self._draw_state[0] = seed
        self._draw_state[1] = epoch

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline for one sample, on draws of its own."""
        sample = self.get_data_info(idx)
        if self.pairs:
            target = self.draw_target(idx)
            sample['target_label'] = target.label
            if target.index is not None:
                image = self.get_data_info(target.index)
                for key in ('img_path', 'img', 'video'):
                    if key in image:
                        sample[f'target_{key}'] = image[key]
        with self._draws(idx):
            return self.pipeline(sample)

    def draw_target(self, idx: int) -> Target:
        """Draw the target of one sample, the same for the present draws."""
        # From a stream of its own, so that the augmentation is the same with
        # and without targets.
        with self._draws(idx, TARGET_STREAM):
            return self.target_sampler.draw(idx)

    def _draws(self, *key: int) -> ContextManager[None]:
        """Draws of (seed, epoch, key); those of the process without seed."""
        seed, epoch = self._draw_state.tolist()
        if self.test_mode:
            seed = epoch = 0
        return nullcontext() if seed < 0 else seeded_draws(seed, epoch, *key)

    @property
    def target_sampler(self) -> TargetSampler:
        """The sampler of target expressions over the present samples."""
        if self._target_sampler is None:
            options = self.pairs if isinstance(self.pairs, dict) else {}
            self._target_sampler = TargetSampler(self.get_gt_labels().tolist(),
                                                 self.get_subjects(),
                                                 len(self.CLASSES), **options)
        return self._target_sampler

    def get_subset_(self, indices: Union[Sequence[int], int]) -> None:
        """Keep some samples; targets are then drawn among these."""
        super().get_subset_(indices)
        self._target_sampler = None

    def _copy_without_annotation(self, memo: Optional[dict] = None) -> Any:
        other = super()._copy_without_annotation(memo or {})
        other._target_sampler = None
        return other

    def __repr__(self) -> str:
        return describe_dataset(self)
