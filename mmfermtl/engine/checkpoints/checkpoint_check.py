"""Compare a checkpoint with the run that uses it.

A network that is used without further training must get the classes and the
image size that it was trained with. Held-out subjects must not be among its
training subjects, nor among those of the checkpoints that it was initialised
from.
"""
from typing import Any, Dict, Iterable, List, NamedTuple

from mmengine.logging import MMLogger

from ...datasets.in_the_wild import has_fixed_splits
from .training_facts import (FOLD_OPTIONS, TrainingFacts, describe_dataset,
                             fold_options, labels_subjects, named_subjects,
                             read_facts, subject_space)

#: Names of a kind that a message lists.
LISTED = 3
#: Options of datasets that must agree where the subjects are not recorded.
_SAME = ('fold', 'num_folds', 'fold_rule', 'fold_over', 'classes')
#: Training splits that leave out a split which is measured on.
_DISJOINT = dict(
    test=('train', 'inner_train'),
    # Fixed splits alone have this one.
    val=('train', 'inner_train'),
    inner_val=('inner_train', ))


class HeldOut(NamedTuple):
    """The subjects that a run is measured on."""

    #: ``'<namespace>/<subject>'`` by hash.
    subjects: Dict[str, str]
    #: Options of the datasets, as in :class:`TrainingFacts`.
    datasets: List[Dict[str, Any]]

    @classmethod
    def of(cls, datasets: Iterable[Any]) -> 'HeldOut':
        """Describe built datasets, except those whose classes are subjects."""
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
    """Refuse a network that was trained for other images than a dataset's.

    The dataset is a built one, ``role`` and ``path`` name the checkpoint in
    messages, and ``allow_leak`` warns where subjects were trained on.

    Raises:
        ValueError: If classes, image size or held-out subjects differ.
    """
    check_expectations(
        read_facts(checkpoint, path), f'{role} {path}',
        describe_dataset(dataset))
    check_held_out(checkpoint, path, HeldOut.of([dataset]), role, allow_leak)


def check_expectations(facts: TrainingFacts,
                       name: str,
                       wanted: TrainingFacts,
                       size: bool = True) -> None:
    """Refuse a network of other classes or, if ``size``, image size.

    The facts are those of the network, ``wanted`` those of the dataset that
    it gets; ``name`` is that of the network in messages, with its file.

    Raises:
        ValueError: If they differ.
    """
    if facts.classes and wanted.classes and facts.classes != wanted.classes:
        raise ValueError(
            f'the {name} was trained on the classes '
            f'{", ".join(facts.classes)}, but this run has '
            f'{", ".join(wanted.classes)}: its outputs would be read as other '
            'expressions. Give the datasets the same `classes` in the same '
            'order, or initialise a new run by mmfermtl.'
            'LoadExpressionPartsHook, which matches classes by name')
    trained, given = (' x '.join(map(str, f.image_size or ()))
                      for f in (facts, wanted))
    if size and trained and given and trained != given:
        raise ValueError(
            f'the {name} was trained on images of {trained} pixels, but the '
            f'pipeline of this run gives {given}: resize them in the '
            'pipeline, or give the config that it was trained with')


def check_held_out(checkpoint: Dict[str, Any],
                   path: str,
                   held_out: HeldOut,
                   role: str = 'checkpoint',
                   allow_leak: bool = False) -> TrainingFacts:
    """Refuse a network that was trained on the subjects of a test.

    Neither may be those that initialised it. A warning names each checkpoint
    that records too little to know. See :func:`check_network`.

    Returns:
        TrainingFacts: The facts of the network.

    Raises:
        ValueError: If so, or if it was perhaps trained on another fold.
    """
    logger = MMLogger.get_current_instance()
    facts = read_facts(checkpoint, path)
    for entry in facts.as_ancestor(path, role):
        name = f'{role} {path}'
        if entry['name'] != path:
            name = f'{entry["name"]}, which initialised the {name},'
        problem = _shared(entry, held_out) or _may_share(entry, held_out)
        if problem:
            text = (f'the {name} was trained on {problem}: scores would not '
                    'hold for subjects that the model has not seen')
            if not allow_leak:
                raise ValueError(
                    f'{text}. Give the fold, num_folds and fold_rule of its '
                    'training, or a checkpoint that held out the same '
                    'subjects; --allow-leak of tools/train.py and '
                    'tools/test.py continues all the same')
            logger.warning(f'{text}. Continues, as --allow-leak asks')
        elif entry['evidence'] == 'nothing':
            logger.warning(
                f'the {name} does not record what it was trained on, so that '
                'held-out subjects may be among it; checkpoints of '
                'tools/train.py do')
        elif entry['evidence'] == 'config' and _related(entry, held_out):
            logger.warning(
                f'the {name} is of an earlier version, which does not record '
                'its subjects: that it held out the same ones is known from '
                'the text of its config alone')
    return facts


def _shared(entry: Dict[str, Any], held_out: HeldOut) -> str:
    """Describe the subjects that are on both sides."""
    names = sorted(held_out.subjects[s] for s in entry.get('subjects', ())
                   if s in held_out.subjects)
    if not names:
        return ''
    more = ', ...' * (len(names) > LISTED)
    return (f'{len(names)} of the {len(held_out.subjects)} subjects that are '
            f'held out here ({", ".join(names[:LISTED])}{more})')


def _related(entry: Dict[str, Any], held_out: HeldOut) -> List[tuple]:
    """Pairs of datasets, trained on and held out, of the same subjects."""
    return [(trained, held) for trained in entry.get('datasets', ())
            for held in held_out.datasets
            if subject_space(trained.get('space', '')) == held['space']
            and not (trained.get('known') and held.get('known'))]


def _may_share(entry: Dict[str, Any], held_out: HeldOut) -> str:
    """Compare the options of datasets whose subjects are not known."""
    for trained, held in _related(entry, held_out):
        rule = held.get('fold_rule')
        # Other rules than the named ones determine the number of folds.
        free = rule == 'loso' or not isinstance(rule, (str, type(None)))
        ignored = ['num_folds'] * free
        if has_fixed_splits(held):
            ignored.append('classes')  # they move folds alone
        problems = [
            f'{k}: {trained[k]!r} there, {held[k]!r} here' for k in _SAME
            if k not in ignored and None not in (
                trained.get(k), held.get(k)) and trained[k] != held[k]
        ]
        split, other = held.get('split'), trained.get('split')
        if split is not None and other not in _DISJOINT.get(split, ()):
            problems.append(f'split: {other!r} there, {split!r} here')
        if problems:
            return (f'other folds of {held["type"]} ({"; ".join(problems)}), '
                    'and so perhaps on subjects that are held out here')
    return ''


def resume_differences(facts: TrainingFacts, now: TrainingFacts) -> List[str]:
    """List how a resumed run differs from that of its checkpoint."""
    pairs = [(name, getattr(facts, name), getattr(now, name))
             for name in ('classes', 'image_size', 'batch_size',
                          'steps_per_epoch', 'images')]
    for before, after in zip(facts.datasets, now.datasets):
        pairs += [(f'{n} of {after["type"]}', before.get(n), after.get(n))
                  for n in ('type', *FOLD_OPTIONS)]
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
