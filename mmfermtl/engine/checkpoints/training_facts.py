"""Record in a checkpoint what it was trained on, and read it again."""
import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, List, Optional

import torch

from ...datasets import SubjectLabels
from ...datasets.data_list import data_list_sha256
from ...datasets.subjects import subject_identity
from ...datasets.subjects.subject_identity import identity_key
from ...expressions import resolve_classes
from ...registry import DATASETS
from ...utils.json_documents import Rule, find_misfit
from ...utils.random_state import seeded_draws
from ...utils.wrapped_datasets import (leaf_datasets, sample_record,
                                       walk_datasets, walk_samples)
from .checkpoint_files import trained_classes
from .recorded_config import checkpoint_meta, recorded_datasets

#: Key of the facts in the meta of a checkpoint.
FACTS_KEY = 'training_facts'
VERSION = 1
#: Options that decide which subjects of its data a dataset has, and their
#: defaults.
FOLD_OPTIONS = dict(
    split='train',
    fold=None,
    num_folds=10,
    fold_rule='interval',
    fold_over='selected')
_ANCESTOR_SHAPE = {'subjects?': [str], 'datasets?': [dict(space=str)]}
_SIZE = Rule(
    'height and width',
    lambda v: isinstance(v, list) and [type(n) for n in v] == [int, int])
_SHAPE = {
    'classes?': ([str], None),
    'image_size?': (None, _SIZE),
    'images?': (int, None),
    'batch_size?': (int, None),
    'steps_per_epoch?': (int, None),
    'initialised_from?': [dict(_ANCESTOR_SHAPE, name=str, evidence=str)],
    'evidence?': str,
    **_ANCESTOR_SHAPE
}


@dataclass(frozen=True)
class TrainingFacts:
    """What a network was trained on, or will be measured on.

    Subjects are SHA-256 hashes of ``'<namespace>/<subject>'``, so that two
    sets can be compared without a list of names.

    Args:
        classes (list[str], optional): Names in label order. Defaults to
            None, not known, as for all others.
        image_size (list[int], optional): Height and width in pixels.
        images (int, optional): Number of images.
        batch_size (int, optional): Images a step, over all processes.
        steps_per_epoch (int, optional): Steps of the first epoch.
        datasets (list[dict]): Type, namespace of the subjects, number of
            known subjects, classes and options of each innermost dataset, and
            of one that is built its number of ``images`` and the
            ``list_sha256`` of their names and classes, see
            :func:`~mmfermtl.datasets.data_list.data_list_sha256`.
        subjects (list[str]): Sorted hashes.
        initialised_from (list[dict]): The checkpoints that the training was
            initialised from, and their own: ``name``, ``role``,
            ``evidence``, ``subjects`` and ``datasets`` of each.
        evidence (str): ``'facts'``; ``'config'`` if they were parsed from
            the config text of an earlier version; or ``'nothing'``.
    """

    classes: Optional[List[str]] = None
    image_size: Optional[List[int]] = None
    images: Optional[int] = None
    batch_size: Optional[int] = None
    steps_per_epoch: Optional[int] = None
    datasets: List[Dict[str, Any]] = field(default_factory=list)
    subjects: List[str] = field(default_factory=list)
    initialised_from: List[Dict[str, Any]] = field(default_factory=list)
    evidence: str = 'facts'

    def to_dict(self) -> Dict[str, Any]:
        """dict: The facts for the meta of a checkpoint."""
        return dict(asdict(self), version=VERSION)

    def as_ancestor(self, name: str, role: str) -> List[Dict[str, Any]]:
        """Describe this network, then those that initialised it.

        ``role`` is how its file ``name`` is used, such as ``'load_from'``.
        """
        own = dict(
            name=name,
            role=role,
            evidence=self.evidence,
            subjects=self.subjects,
            datasets=self.datasets)
        return [own, *self.initialised_from]


def read_facts(checkpoint: Dict[str, Any], path: str) -> TrainingFacts:
    """Read what a checkpoint was trained on.

    Of an earlier version, classes and datasets alone are known.

    Raises:
        ValueError: If they are malformed; the message names ``path``.
    """
    stored = checkpoint_meta(checkpoint).get(FACTS_KEY)
    if stored is None:
        classes = trained_classes(checkpoint)
        datasets = [config_options(d) for d in recorded_datasets(checkpoint)]
        return TrainingFacts(
            classes=None if classes is None else list(classes),
            datasets=datasets,
            evidence='config' if datasets else 'nothing')
    misfit = find_misfit(stored, _SHAPE)
    if misfit:
        raise ValueError(
            f'checkpoint {path}: meta.{FACTS_KEY} is malformed ({misfit}), so '
            'that it is not known what it was trained on; give the file as '
            'tools/train.py wrote it, or train again')
    names = [f.name for f in fields(TrainingFacts)]
    return TrainingFacts(**{k: stored[k] for k in names if k in stored})


def trained_fold(checkpoint: Dict[str, Any], path: str) -> Optional[int]:
    """Read which fold a checkpoint has held out, if it is known."""
    folds = [d.get('fold') for d in read_facts(checkpoint, path).datasets]
    return next((fold for fold in folds if fold is not None), None)


def config_options(dataset: Dict[str, Any]) -> Dict[str, Any]:
    """Describe a dataset by its config, as :func:`fold_options`."""
    kind = str(dataset.get('type')).rsplit('.', 1)[-1]
    classes = None
    if kind in DATASETS.module_dict:
        try:
            classes = list(resolve_classes(dataset.get('classes', 7)))
        except (TypeError, ValueError):
            pass  # those of a version that knew other names
    return dict(
        type=kind,
        space=subject_space(kind),
        known=0,
        classes=classes,
        **{
            k: _plain(dataset.get(k, v))
            for k, v in FOLD_OPTIONS.items()
        })


def describe_dataset(dataset: Any) -> TrainingFacts:
    """Collect the facts of a built dataset, wrapped or not.

    No random number is taken from the generators.
    """
    return TrainingFacts(
        classes=_classes(dataset),
        image_size=_image_size(dataset),
        images=len(dataset),
        datasets=[
            dict(
                options, images=len(leaf), list_sha256=data_list_sha256(leaf))
            for options, leaf in zip(
                fold_options(dataset), leaf_datasets(dataset))
        ],
        subjects=sorted(named_subjects(dataset)))


def fold_options(dataset: Any) -> List[Dict[str, Any]]:
    """List the options of the datasets inside a built one."""
    return [
        dict(
            type=type(leaf).__name__,
            space=subject_space(type(leaf).__name__),
            known=len(named_subjects(leaf)),
            classes=_classes(leaf),
            **{k: _plain(getattr(leaf, k, None))
               for k in FOLD_OPTIONS}) for leaf in leaf_datasets(dataset)
    ]


def named_subjects(dataset: Any) -> Dict[str, str]:
    """List the subjects of a built dataset, wrapped or not.

    Returns:
        dict[str, str]: ``'<namespace>/<subject>'`` by the hash of its
        :func:`~mmfermtl.datasets.subjects.subject_identity.identity_key`.
    """
    names: Dict[str, str] = {}
    for leaf, index in walk_samples(dataset):
        identity = subject_identity(leaf, sample_record(leaf, index) or {})
        if identity is not None:
            names.setdefault(identity_key(identity), '/'.join(identity))
    return {
        hashlib.sha256(key.encode()).hexdigest(): name
        for key, name in names.items()
    }


def labels_subjects(dataset: Any) -> bool:
    """Return whether the classes of a dataset are its subjects."""
    return any(
        isinstance(one, SubjectLabels) for one in walk_datasets(dataset))


def subject_space(kind: str) -> str:
    """Namespace of the subjects of a type of dataset.

    That of another name is the name itself, so that what an earlier version
    recorded becomes the present namespace.
    """
    return getattr(DATASETS.module_dict.get(kind), 'SUBJECTS', '') or kind


def _plain(value: Any) -> Any:
    """Convert an option to what JSON can hold."""
    return json.loads(json.dumps(value, default=str))


def _classes(dataset: Any) -> Optional[List[str]]:
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    return list(map(str, classes)) if classes else None


def _image_size(dataset: Any) -> Optional[List[int]]:
    """Height and width of what the pipeline gives, without using up a draw."""
    with seeded_draws(0):
        item = dataset[0] if len(dataset) else None
    inputs = item.get('inputs') if isinstance(item, dict) else None
    if not torch.is_tensor(inputs) or inputs.ndim < 2:
        return None  # such as several views for test-time augmentation
    return list(inputs.shape[-2:])
