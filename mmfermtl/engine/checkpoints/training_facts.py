"""What a checkpoint was trained on, as it says itself."""
import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Iterator, List, Optional

import torch

from ...datasets import SubjectLabels
from ...datasets.subjects import subject_identity
from ...datasets.subjects.subject_identity import identity_key
from ...expressions import resolve_classes
from ...registry import DATASETS
from ...utils.random_state import get_random_state, set_random_state
from ..wrapped_datasets import sample_record, walk_datasets, walk_samples
from .checkpoint_files import trained_classes, trained_value
from .recorded_config import checkpoint_meta, recorded_config, trained_datasets

#: Where the facts stand in the meta of a checkpoint.
FACTS_KEY = 'training_facts'
VERSION = 1
#: Options that decide which subjects of its data a dataset holds.
FOLD_OPTIONS = ('split', 'fold', 'num_folds', 'fold_rule', 'fold_over')


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
            known subjects, classes and options of each innermost dataset.
        subjects (list[str]): Sorted hashes.
        initialised_from (list[dict]): The checkpoints that the training
            began with, and those that these began with: ``name``, ``role``,
            ``evidence``, ``subjects`` and ``datasets`` of each.
        evidence (str): ``'facts'``; ``'config'`` if they were read from the
            text of a config that an earlier version stored; or
            ``'nothing'``.
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
        """Entries for the facts of a network that begins with this one.

        Args:
            name (str): Name of the checkpoint's file.
            role (str): What it gave, such as ``'load_from'``.

        Returns:
            list[dict]: This one first, then those that it began with.
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

    Args:
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.

    Returns:
        TrainingFacts: Those that were stored in it; else those in the text
        of its config, which is not run.

    Raises:
        ValueError: If they are malformed.
    """
    stored = checkpoint_meta(checkpoint).get(FACTS_KEY)
    if stored is None:
        return _read_config(checkpoint)
    if not isinstance(stored, dict) or not _is_wellformed(stored):
        raise ValueError(
            f'checkpoint {path}: meta.{FACTS_KEY} is malformed, so that it is '
            'not known what it was trained on; give the file as '
            'tools/train.py wrote it, or train again')
    names = [f.name for f in fields(TrainingFacts)]
    return TrainingFacts(**{k: stored[k] for k in names if k in stored})


def _read_config(checkpoint: Dict[str, Any]) -> TrainingFacts:
    """Facts of a checkpoint of an earlier version."""
    classes = trained_classes(checkpoint)
    datasets = [_options_of_config(d) for d in trained_datasets(checkpoint)]
    loader = recorded_config(checkpoint).get('train_dataloader')
    batch = loader.get('batch_size') if isinstance(loader, dict) else None
    return TrainingFacts(
        classes=None if classes is None else list(classes),
        batch_size=batch if isinstance(batch, int) else None,
        steps_per_epoch=_steps(checkpoint_meta(checkpoint)),
        datasets=datasets,
        evidence='config' if datasets else 'nothing')


def _steps(meta: Dict[str, Any]) -> Optional[int]:
    """Steps an epoch, as far as the counters tell."""
    epoch, step = meta.get('epoch'), meta.get('iter')
    if not isinstance(epoch, int) or not isinstance(step, int):
        return None
    return step // epoch if epoch > 0 and step % epoch == 0 else None


def _options_of_config(dataset: Dict[str, Any]) -> Dict[str, Any]:
    """As :func:`_options`, from the facts of a dataset's config."""
    classes = None
    if dataset['type'] in DATASETS.module_dict:
        try:
            classes = list(resolve_classes(dataset['classes']))
        except (TypeError, ValueError):
            pass  # not of ours, or not known any more
    return dict(
        type=dataset['type'],
        space=_space(dataset['type']),
        known=0,
        classes=classes,
        **{k: _plain(dataset.get(k))
           for k in FOLD_OPTIONS})


def trained_fold(checkpoint: Dict[str, Any], path: str) -> Optional[str]:
    """Fold that a checkpoint has held out.

    Args:
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.

    Returns:
        str, optional: As Python writes it, if it is known: from the recorded
        facts, else the variable of its config.
    """
    facts = read_facts(checkpoint, path)
    folds = [d['fold'] for d in facts.datasets if d.get('fold') is not None]
    if facts.evidence == 'facts' and folds:
        return repr(folds[0])
    return trained_value(checkpoint, 'fold')


def _is_wellformed(stored: Dict[str, Any]) -> bool:
    """Whether a stranger's facts have the types of ours."""
    lists = [stored.get('subjects', []), stored.get('classes') or []]
    entries = stored.get('initialised_from', [])
    if not isinstance(entries, list) or not all(
            isinstance(e, dict) and isinstance(e.get('name'), str)
            and isinstance(e.get('evidence'), str) for e in entries):
        return False
    lists += [entry.get('subjects', []) for entry in entries]
    tables = [stored.get('datasets', [])]
    tables += [entry.get('datasets', []) for entry in entries]
    numbers = [
        stored.get(k) for k in ('images', 'batch_size', 'steps_per_epoch')
    ]
    size = stored.get('image_size')
    return (all(_is_list_of(one, str) for one in lists)
            and all(_is_list_of(one, dict) for one in tables) and all(
                isinstance(d.get('space'), str) for t in tables for d in t)
            and all(n is None or isinstance(n, int) for n in numbers)
            and isinstance(stored.get('evidence', ''), str)
            and (size is None or (_is_list_of(size, int) and len(size) == 2)))


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, kind) for item in value)


def describe_dataset(dataset: Any) -> TrainingFacts:
    """Find out what a built dataset holds.

    Args:
        dataset (Any): A dataset, wrapped or not.

    Returns:
        TrainingFacts: Without what a loader decides. No random number is
        taken from the generators.
    """
    identities = named_subjects(dataset)
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    return TrainingFacts(
        classes=list(map(str, classes)) if classes else None,
        image_size=_image_size(dataset),
        images=len(dataset),
        datasets=fold_options(dataset),
        subjects=sorted(identities))


def fold_options(dataset: Any) -> List[Dict[str, Any]]:
    """Options of the datasets inside a built one.

    Args:
        dataset (Any): A dataset, wrapped or not.

    Returns:
        list[dict]: Of each innermost one, as in :class:`TrainingFacts`.
    """
    return [_options(leaf) for leaf in _leaves(dataset)]


def named_subjects(dataset: Any) -> Dict[str, str]:
    """Hashes of the subjects of a built dataset, and their names.

    Args:
        dataset (Any): A dataset, wrapped or not.

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
    """Whether the classes of a dataset are its subjects."""
    return any(
        isinstance(one, SubjectLabels) for one in walk_datasets(dataset))


def _leaves(dataset: Any) -> Iterator[Any]:
    """The innermost datasets."""
    for one in walk_datasets(dataset):
        if not getattr(one, 'datasets', None) and not hasattr(one, 'dataset'):
            yield one


def _options(leaf: Any) -> Dict[str, Any]:
    kind = type(leaf).__name__
    classes = (getattr(leaf, 'metainfo', None) or {}).get('classes')
    return dict(
        type=kind,
        space=_space(kind),
        known=len(named_subjects(leaf)),
        classes=list(map(str, classes)) if classes else None,
        **{k: _plain(getattr(leaf, k, None))
           for k in FOLD_OPTIONS})


def _space(kind: str) -> str:
    """Namespace of the subjects of a type of dataset."""
    return getattr(DATASETS.module_dict.get(kind), 'SUBJECTS', '') or kind


def _plain(value: Any) -> Any:
    """Bring an option to what JSON knows."""
    return json.loads(json.dumps(value, default=str))


def _image_size(dataset: Any) -> Optional[List[int]]:
    """Height and width that the pipeline gives, without using up a draw."""
    state = get_random_state()
    try:
        item = dataset[0] if len(dataset) else None
    finally:
        set_random_state(state)
    inputs = item.get('inputs') if isinstance(item, dict) else None
    if not torch.is_tensor(inputs) or inputs.ndim < 2:
        return None  # such as several views for test-time augmentation
    return list(inputs.shape[-2:])
