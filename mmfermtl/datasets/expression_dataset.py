from abc import abstractmethod
from collections import Counter
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init

from ..expressions import canonical_expression, resolve_classes
from ..registry import TRANSFORMS
from .class_selection import (check_classes, check_split, check_split_options,
                              find_classes, leave_out_classes,
                              report_absent_classes)
from .dataset_report import (describe_dataset, left_out_text, log_dataset,
                             report_problems)
from .sample_draws import SampleDraws
from .subjects.subject_folds import (HELD_OUT_SPLITS, TRAIN_SPLITS, FoldRule,
                                     keep_few_subjects, sequences_per_fold,
                                     split_subjects)
from .target_sampler import Target, TargetSampler


class ExpressionDataset(SampleDraws, BaseDataset):
    """Base of the datasets: classes, subject folds, pairs, seeded draws.

    A subclass lists every image it has in :meth:`load_samples`; this class
    keeps the wanted classes, and the subjects of a split.

    Each item enters the pipeline as a dict with ``img_path`` (or ``img``,
    ``(H, W)`` or ``(H, W, 3)`` BGR, uint8), ``gt_label`` (int, -1 if not
    known), ``subject``, ``sequence``, ``frame_index``, ``num_frames``,
    ``role``, ``dataset`` and ``sample_idx``. With ``pairs``, it also has
    ``target_label`` (int) and, where the same subject has an image of that
    expression, ``target_img_path`` (or ``target_img``), or for a mixture of
    expressions ``target_score`` ``(E, )``.

    Args:
        data_root (str): Folder of the dataset. Defaults to ''.
        split (str): ``'train'``, ``'test'``, ``'all'``, or, for choices that
            must not use the test fold, ``'inner_train'`` and
            ``'inner_val'``, see
            :func:`~mmfermtl.datasets.subjects.subject_folds.split_subjects`.
            Defaults to ``'train'``.
        fold (int | None): The fold that is tested on, 0-based. None with
            ``split='all'`` only. Defaults to None.
        num_folds (int): Number of folds. Defaults to 10.
        fold_rule (str | dict): See
            :func:`~mmfermtl.datasets.subjects.subject_folds.fold_subjects`.
            Defaults to ``'interval'``.
        fold_over (str): Which subjects are divided into folds: those with
            a sample of the ``'selected'`` classes, which keeps all folds of
            nearly the same number of subjects, or those with any
            ``'labelled'`` sample. Papers leave it open; folds of CK+ without
            contempt differ. Defaults to ``'selected'``.
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
        train_subjects (int, optional): How many of the training subjects to
            keep, for learning curves. Defaults to None, all.
        subject_draw (int | str): Which ones: those of a smaller number are
            among those of a larger one. Defaults to 0.
        subject_namespace (str): Whose names the subjects have. A run is
            refused if it trains on a subject that it is tested on, and
            datasets of one namespace name their subjects alike. Defaults to
            '', that of the class.
        may_lack (Sequence[str]): Classes without an image here, for a set
            that is joined with others that have them. Defaults to ().
        train_without (str | Sequence[str]): Classes whose images the training
            splits leave out, to see what another source of them gives, such
            as :class:`~mmfermtl.datasets.GeneratedFaces`. Held-out splits
            keep them. Defaults to ().
        **kwargs: As in :class:`mmengine.dataset.BaseDataset` (``metainfo``,
            ``indices``, ``serialize_data``, ``lazy_init``, ``max_refetch``;
            the others do nothing but in subclasses of your own).

    Raises:
        ValueError: For a class set, split, fold or rule that does not exist,
            or if a class or a split has no sample.
    """

    #: Sequences, (subject, sequence), whose images contradict their label.
    #: They are kept; cross-validation also gives its figures without them.
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
                 train_subjects: Optional[int] = None,
                 subject_draw: Union[int, str] = 0,
                 subject_namespace: str = '',
                 may_lack: Sequence[str] = (),
                 train_without: Union[str, Sequence[str]] = (),
                 **kwargs) -> None:
        self.train_subjects = train_subjects
        self.subject_draw = subject_draw
        self.subject_namespace = subject_namespace
        self.split = split
        self.fold = fold
        self.num_folds = num_folds
        self.fold_rule = fold_rule
        self.fold_over = fold_over
        check_split_options(self, kwargs.get('indices'))
        #: What was left out for a fault, a sentence each.
        self.problems: List[str] = []
        #: What was left out on purpose: its number by what it is.
        self.left_out: Counter = Counter()
        #: Number of labelled sequences in each fold; empty if there are none.
        self.fold_sizes: List[int] = []
        self.pairs = pairs
        self._target_sampler: Optional[TargetSampler] = None
        self.init_draws()
        names = resolve_classes(classes, self.OWN_CLASSES)
        self.may_lack = tuple(
            canonical_expression(name, names) for name in may_lack)
        self.train_without = find_classes(train_without, names)
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
            ``gt_label``: any known name, or None for an image that is only a
            source for synthesis.
        """

    def load_data_list(self) -> List[dict]:
        """Keep the wanted classes and the subjects of this split."""
        names, samples, labelled = self.CLASSES, self.load_samples(), set()
        report_problems(self)
        for sample in samples:
            sample.setdefault('dataset', type(self).__name__)
            if sample['expression'] is not None:
                sample['expression'] = canonical_expression(
                    sample['expression'], names)
                labelled.add(sample['subject'])
        samples = self.keep_classes(samples)
        check_classes(self, samples)
        if self.fold_over == 'selected':
            labelled = {s['subject'] for s in samples if s['gt_label'] >= 0}
        kept = self.keep_split(samples, labelled)
        check_split(self, kept)
        if self.train_subjects is not None and self.split in TRAIN_SPLITS:
            kept = keep_few_subjects(kept, self.train_subjects,
                                     self.subject_draw, self.left_out)
            self.kept_subjects = {s['subject'] for s in kept}
        if self.split in TRAIN_SPLITS:
            kept = leave_out_classes(self, kept)
        if self.left_out:
            log_dataset(self, left_out_text(self))
        if self.split in TRAIN_SPLITS:
            report_absent_classes(self, kept)
        return kept

    def keep_classes(self, samples: List[dict]) -> List[dict]:
        """Set the label of samples; count and drop those of other classes."""
        names, kept = self.CLASSES, []
        for sample in samples:
            expression = sample.pop('expression')
            if expression is None:
                kept.append(dict(sample, gt_label=-1))
            elif expression in names:
                kept.append(dict(sample, gt_label=names.index(expression)))
            else:
                self.left_out[f'images of {expression}, not in `classes`'] += 1
        return kept

    def keep_split(self, samples: List[dict], labelled: set) -> List[dict]:
        """Keep the samples of this split.

        Args:
            samples (list[dict]): All samples of the wanted classes, and
                sources without a label.
            labelled (set[str]): The subjects that are divided into folds.
        """
        # All images of few subjects are of use, although no folds are.
        if self.split != 'all' or len(labelled) >= self.num_folds:
            self.fold_sizes = sequences_per_fold(samples, labelled,
                                                 self.num_folds,
                                                 self.fold_rule)
        kept = set(
            split_subjects(labelled, self.split, self.fold, self.num_folds,
                           self.fold_rule))
        if self.split in HELD_OUT_SPLITS:
            samples = [s for s in samples if s['gt_label'] >= 0]
        else:
            # Subjects in no fold are sources for training only.
            kept |= {s['subject'] for s in samples} - labelled
        return [s for s in samples if s['subject'] in kept]

    @property
    def CLASSES(self) -> tuple:
        """tuple[str]: Canonical names of the classes in label order."""
        return self._metainfo['classes']

    @force_full_init
    def get_record(self, idx: int) -> dict:
        """Return the record of a sample without reading its image."""
        return BaseDataset.get_data_info(self, idx)

    def get_gt_labels(self) -> np.ndarray:
        """Return the labels of all samples, ``(N, )`` int64."""
        return np.array(
            [self.get_record(i)['gt_label'] for i in range(len(self))])

    def get_subjects(self) -> List[str]:
        """Return the subject of each sample, in order."""
        return [self.get_record(i)['subject'] for i in range(len(self))]

    def get_cat_ids(self, idx: int) -> List[int]:
        """Return the label of one sample, for class-balancing wrappers."""
        label = int(self.get_record(idx)['gt_label'])
        return [label] if label >= 0 else []

    def prepare_data(self, idx: int) -> Any:
        """Draw the target of a sample, and run the pipeline on both."""
        sample = self.get_data_info(idx)
        if self.pairs:
            self.add_target(sample, idx)
        return self.run_pipeline(sample, idx)

    def paired_image(self, idx: int, target: Target,
                     score: Optional[np.ndarray]) -> dict:
        """Return the ground truth of a target.

        Args:
            idx (int): Position of the source.
            target (Target): The target and, if there is one, the position of
                an image of the same subject.
            score (np.ndarray, optional): ``(E, )``, the target if it is a
                mixture, which no photograph shows.

        Returns:
            dict: With ``img``, ``img_path`` or ``video``; empty if there is
            none.
        """
        if score is not None or target.index is None:
            return {}
        return self.get_data_info(target.index)

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
        """Copy for :meth:`get_subset`, which has targets of its own."""
        other = super()._copy_without_annotation(memo or {})
        other._target_sampler = None
        return other

    def __repr__(self) -> str:
        return describe_dataset(self)
