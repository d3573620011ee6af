"""Compare a checkpoint with the run that takes it, on every road.

A network that is used as it is must get the classes and the image size that
it was trained with. Whoever is held out must not be among its training
subjects, nor among those of the checkpoints that it began with.
"""
import logging
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence

from mmengine.logging import print_log

from .training_facts import (TrainingFacts, describe_dataset, fold_options,
                             labels_subjects, named_subjects, read_facts)

#: Names of a kind that a message lists.
LISTED = 3
#: Options of datasets that must agree where the subjects are not recorded.
_SAME = ('fold', 'num_folds', 'fold_rule', 'fold_over', 'classes')
#: Training splits which leave out what is measured on, by the latter's split.
_DISJOINT = dict(test=('train', 'inner_train'), inner_val=('inner_train', ))


class HeldOut(NamedTuple):
    """Whom a run is measured on."""

    #: ``'<namespace>/<subject>'`` by hash.
    subjects: Dict[str, str]
    #: Options of the datasets, as in :class:`TrainingFacts`.
    datasets: List[Dict[str, Any]]

    @classmethod
    def of(cls, datasets: Iterable[Any]) -> 'HeldOut':
        """Describe built datasets, but those whose classes are subjects."""
        subjects: Dict[str, str] = {}
        options: List[Dict[str, Any]] = []
        for dataset in datasets:
            if not labels_subjects(dataset):
                subjects.update(named_subjects(dataset))
                options += fold_options(dataset)
        return cls(subjects, options)


def check_network(checkpoint: Dict[str, Any],
                  path: str,
                  dataset: Any,
                  role: str = 'checkpoint',
                  allow_leak: bool = False) -> None:
    """Refuse a network that is to be used as it is on faces it does not suit.

    Args:
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.
        dataset (Any): The built dataset that it is measured on.
        role (str): What it is called in messages. Defaults to
            ``'checkpoint'``.
        allow_leak (bool): Whether to warn, in place of refusing, where
            subjects were trained on. Defaults to False.

    Raises:
        ValueError: If classes or image size differ, or subjects were trained
            on.
    """
    check_expectations(
        read_facts(checkpoint, path), f'{role} {path}',
        describe_dataset(dataset))
    check_held_out(checkpoint, path, HeldOut.of([dataset]), role, allow_leak)


def check_expectations(facts: TrainingFacts,
                       name: str,
                       wanted: TrainingFacts,
                       size: bool = True) -> None:
    """Refuse a network of other classes or another image size.

    Args:
        facts (TrainingFacts): Those of the network.
        name (str): What it is called, with its file.
        wanted (TrainingFacts): Those of the dataset that it gets.
        size (bool): Whether the image size matters. Defaults to True.

    Raises:
        ValueError: If they differ.
    """
    if facts.classes and wanted.classes and facts.classes != wanted.classes:
        raise ValueError(
            f'the {name} was trained on the classes '
            f'{", ".join(facts.classes)}, but this run has '
            f'{", ".join(wanted.classes)}: its outputs would be read as other '
            'expressions. Give the datasets the same `classes` in the same '
            'order, or begin a new run by mmfermtl.LoadExpressionPartsHook, '
            'which maps classes by name')
    if size and facts.image_size and wanted.image_size and (list(
            facts.image_size) != list(wanted.image_size)):
        raise ValueError(
            f'the {name} was trained on images of {_shape(facts.image_size)} '
            'pixels, but the pipeline of this run gives '
            f'{_shape(wanted.image_size)}: resize them in the pipeline, or '
            'give the config that it was trained with')


def _shape(size: Sequence[int]) -> str:
    return ' x '.join(map(str, size))


def check_held_out(checkpoint: Dict[str, Any],
                   path: str,
                   held_out: HeldOut,
                   role: str = 'checkpoint',
                   allow_leak: bool = False) -> TrainingFacts:
    """Refuse a network that was trained on whom a run is measured on.

    Args:
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.
        held_out (HeldOut): Whom the run is measured on.
        role (str): What it is called in messages. Defaults to
            ``'checkpoint'``.
        allow_leak (bool): Whether to warn in place of refusing. Defaults to
            False.

    Returns:
        TrainingFacts: What it says of itself. A warning names each that says
        too little.

    Raises:
        ValueError: If it, or a checkpoint that it began with, was trained on
            held-out subjects, or as far as is known on another fold.
    """
    facts = read_facts(checkpoint, path)
    for entry in facts.as_ancestor(path, role):
        name = f'{role} {path}'
        if entry['name'] != path:
            name = f'{entry["name"]}, with which the {name} began,'
        problem = _shared(entry, held_out) or _may_share(entry, held_out)
        if problem:
            text = (f'the {name} was trained on {problem}: scores would say '
                    'little about subjects that the model has not seen')
            if not allow_leak:
                raise ValueError(
                    f'{text}. Give the fold, num_folds and fold_rule of its '
                    'training, or a checkpoint that held out the same '
                    'subjects; --allow-leak of tools/train.py and '
                    'tools/test.py goes on all the same')
            _warn(f'{text}. Goes on, as --allow-leak asks')
        elif entry['evidence'] == 'nothing':
            _warn(f'the {name} does not record what it was trained on, so '
                  'that it is not known whether held-out subjects are among '
                  'it; checkpoints of tools/train.py do')
        elif entry['evidence'] == 'config' and _related(entry, held_out):
            _warn(f'the {name} is of an earlier version, which does not '
                  'record its subjects: that it held out the same ones is '
                  'known from the text of its config alone')
    return facts


def _shared(entry: Dict[str, Any], held_out: HeldOut) -> str:
    """Say which subjects are on both sides."""
    names = sorted(held_out.subjects[s] for s in entry.get('subjects', ())
                   if s in held_out.subjects)
    if not names:
        return ''
    more = ', ...' * (len(names) > LISTED)
    return (f'{len(names)} of the {len(held_out.subjects)} subjects that are '
            f'held out here ({", ".join(names[:LISTED])}{more})')


def _related(entry: Dict[str, Any], held_out: HeldOut) -> List[tuple]:
    """Pairs of datasets of the same subjects, trained on and held out."""
    return [(trained, held) for trained in entry.get('datasets', ())
            for held in held_out.datasets
            if trained.get('space') == held['space']
            and not (trained.get('known') and held.get('known'))]


def _may_share(entry: Dict[str, Any], held_out: HeldOut) -> str:
    """Compare options, where the subjects are not known."""
    for trained, held in _related(entry, held_out):
        options = [
            k for k in _SAME
            if None not in (trained.get(k),
                            held.get(k)) and (trained[k] != held[k])
        ]
        if not isinstance(held.get('fold_rule'),
                          (str, type(None))) or (held.get('fold_rule')
                                                 == 'loso'):
            # The rule itself says how many.
            options = [k for k in options if k != 'num_folds']
        problems = [
            f'{k}: {trained.get(k)!r} there, {held.get(k)!r} here'
            for k in options
        ]
        split, other = held.get('split'), trained.get('split')
        if split is not None and other not in _DISJOINT.get(split, ()):
            problems.append(f'split: {other!r} there, {split!r} here')
        if problems:
            return (f'other folds of {held["type"]} ({"; ".join(problems)}), '
                    'and so perhaps on subjects that are held out here')
    return ''


def resume_differences(facts: TrainingFacts, now: TrainingFacts) -> List[str]:
    """Say in what a resumed run is not the run of its checkpoint.

    Args:
        facts (TrainingFacts): Those of the checkpoint.
        now (TrainingFacts): Those of the run that goes on with it.

    Returns:
        list[str]: A phrase for each; empty if it goes on as it began.
    """
    pairs = [(name, getattr(facts, name), getattr(now, name))
             for name in ('classes', 'image_size', 'batch_size',
                          'steps_per_epoch', 'images')]
    for before, after in zip(facts.datasets, now.datasets):
        names = [
            'type', 'split', 'fold', 'num_folds', 'fold_rule', 'fold_over'
        ]
        pairs += [(f'{n} of {after["type"]}', before.get(n), after.get(n))
                  for n in names]
    differences = [
        f'{name}: {before!r} there, {after!r} here'
        for name, before, after in pairs
        if before is not None and after is not None and before != after
    ]
    if facts.evidence == 'facts' and facts.subjects != now.subjects:
        differences.append('other training subjects')
    if facts.datasets and len(facts.datasets) != len(now.datasets):
        differences.append(f'datasets: {len(facts.datasets)} there, '
                           f'{len(now.datasets)} here')
    return differences


def _warn(message: str) -> None:
    print_log(message, logger='current', level=logging.WARNING)
