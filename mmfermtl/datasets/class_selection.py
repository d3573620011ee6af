"""What a dataset must have, and which classes it leaves out of training."""
from numbers import Integral
from typing import Any, Dict, List, Sequence, Tuple, Union

from ..expressions import canonical_expression
from .dataset_report import first_problem, report_problem


def find_classes(wanted: Union[str, Sequence[str]],
                 names: Sequence[str]) -> Tuple[str, ...]:
    """Find the canonical names of ``train_without`` among the classes.

    Raises:
        ValueError: If one is unknown, or not among them.
    """
    given = (wanted, ) if isinstance(wanted, str) else tuple(wanted)
    found = tuple(canonical_expression(name, names) for name in given)
    unknown = sorted(set(found) - set(names))
    if unknown:
        raise ValueError(f'train_without={list(given)}: {", ".join(unknown)} '
                         f'is not among the `classes` {", ".join(names)}; '
                         'name some of them')
    return found


def leave_out_classes(dataset: Any, samples: List[dict]) -> List[dict]:
    """Drop and count the images of the classes of ``train_without``.

    The samples have their label, ``gt_label``, -1 without one. Soft labels,
    ``gt_score``, share out what they had of these classes.

    Raises:
        ValueError: If none is left.
    """
    names, kept = dataset.CLASSES, []
    for sample in samples:
        label = sample['gt_label']
        if label >= 0 and names[label] in dataset.train_without:
            what = f'images of {names[label]}, in `train_without`'
            dataset.left_out[what] += 1
            continue
        if dataset.train_without and 'gt_score' in sample:
            shares = [
                0. if name in dataset.train_without else share
                for name, share in zip(names, sample['gt_score'])
            ]
            sample['gt_score'] = [one / sum(shares) for one in shares]
        kept.append(sample)
    if samples and not kept:
        raise ValueError(f'train_without={list(dataset.train_without)} leaves '
                         f'none of the {len(samples)} images of '
                         f'split={dataset.split!r} to train on; leave out '
                         'fewer expressions, or take more subjects')
    return kept


def check_classes(dataset: Any, samples: Sequence[Dict[str, Any]]) -> None:
    """Raise a ValueError if a class has no sample, but those it may lack."""
    empty = _absent_classes(dataset, samples)
    if empty:
        raise ValueError(f'{dataset.data_root or type(dataset).__name__}: no '
                         f'image of {", ".join(empty)}; complete the dataset '
                         'or leave these names out of `classes`, or if other '
                         f'sets have them give `may_lack`'
                         f'{first_problem(dataset)}')


def check_split_options(dataset: Any, indices: Any) -> None:
    """Raise a ValueError if options of a split are of the wrong kind."""
    if dataset.fold_over not in ('selected', 'labelled'):
        raise ValueError(f"fold_over={dataset.fold_over!r}; give 'selected' "
                         "or 'labelled'")
    for name in ('num_folds', 'train_subjects'):
        value = getattr(dataset, name)
        # True and False are integers to Python.
        if value is not None and (isinstance(value, bool)
                                  or not isinstance(value, Integral)):
            raise ValueError(f'{name}={value!r}; give a whole number')
    if indices is not None and not (indices if isinstance(indices, Integral)
                                    else len(indices)):
        raise ValueError(f'indices={indices!r} keeps no image; give a number '
                         'of images from 1, or their positions')


def check_split(dataset: Any, samples: Sequence[Dict[str, Any]]) -> None:
    """Raise a ValueError if the split of a dataset has no sample."""
    if not samples:
        raise ValueError(
            f'{dataset.data_root or type(dataset).__name__}: '
            f'split={dataset.split!r} of fold {dataset.fold} has no image of '
            f'the classes {", ".join(dataset.CLASSES)}; give another `fold` '
            'or `fold_rule`, more subjects, or where subjects of the fold '
            "have images of other classes alone fold_over='selected'"
            f'{first_problem(dataset)}')


def report_absent_classes(dataset: Any, samples: Sequence[Dict[str,
                                                               Any]]) -> None:
    """Report classes that the training split of a fold has no image of.

    Those that it is asked to leave out are none of them.
    """
    names = [
        name for name in _absent_classes(dataset, samples)
        if name not in dataset.train_without
    ]
    if names:
        text = (f'{dataset.data_root or type(dataset).__name__}: '
                f'split={dataset.split!r} of fold {dataset.fold} has no image '
                f'of {", ".join(names)}, so that a network cannot learn it '
                'and gets each test image of it wrong; choose fewer folds or '
                'another `fold_rule`, or leave it out of `classes`')
        dataset.problems.append(text)
        report_problem(dataset, text)


def _absent_classes(dataset: Any, samples: Sequence[Dict[str,
                                                         Any]]) -> List[str]:
    """List the classes that no sample has, but those that it may lack."""
    present = {sample['gt_label'] for sample in samples}
    return [
        name for k, name in enumerate(dataset.CLASSES)
        if k not in present and name not in dataset.may_lack
    ]
