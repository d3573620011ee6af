"""What datasets say of themselves."""
import logging
from collections import Counter
from typing import Any, Dict, List, Sequence

from mmengine.logging import print_log


def absent_classes(samples: Sequence[Dict[str, Any]],
                   names: Sequence[str]) -> List[str]:
    """Classes that no sample has.

    Args:
        samples (Sequence[dict]): With ``gt_label``.
        names (Sequence[str]): Names of the classes in label order.
    """
    present = {sample['gt_label'] for sample in samples}
    return [name for k, name in enumerate(names) if k not in present]


def report_absent_classes(dataset: Any, samples: Sequence[Dict[str,
                                                               Any]]) -> None:
    """Warn of classes that the training split of a fold has no image of.

    Args:
        dataset (ExpressionDataset): Receives a problem.
        samples (Sequence[dict]): Samples of the split.

    Raises:
        ValueError: In place of the warning, if the dataset is strict.
    """
    names = absent_classes(samples, dataset.metainfo['classes'])
    if not names:
        return
    text = (f'{dataset.data_root or type(dataset).__name__}: '
            f'split={dataset.split!r} of fold {dataset.fold} has no image of '
            f'{", ".join(names)}, so that a network cannot learn it and gets '
            'each test image of it wrong; choose fewer folds or another '
            '`fold_rule`, or leave it out of `classes`')
    dataset.problems.append(text)
    if dataset.strict:
        raise ValueError(text)
    print_log(text, logger='current', level=logging.WARNING)


def first_problem(dataset: Any) -> str:
    """The first problem as the end of a message, if there is one."""
    if not dataset.problems:
        return ''
    return (f' (problems found: {len(dataset.problems)}, the first: '
            f'{dataset.problems[0]})')


def report_left_out(dataset: Any) -> None:
    """Say what a dataset left out on purpose, once."""
    if dataset.left_out:
        print_log(
            f'{type(dataset).__name__} {dataset.data_root}: '
            f'{_left_out_text(dataset)}',
            logger='current')


def _left_out_text(dataset: Any) -> str:
    return 'left out: ' + ', '.join(
        f'{number} {what}' for what, number in dataset.left_out.items())


def describe_dataset(dataset: Any) -> str:
    """Count the images of a dataset.

    Args:
        dataset (ExpressionDataset): The dataset.

    Returns:
        str: Its split and fold, subjects, sequences and images by class,
        the sizes of the folds, and what was left out.
    """
    samples = [dataset.get_record(i) for i in range(len(dataset))]
    labels = Counter(sample['gt_label'] for sample in samples)
    counts = ', '.join(f'{name} {labels[k]}'
                       for k, name in enumerate(dataset.CLASSES))
    if labels[-1]:
        counts += f', sources without a label {labels[-1]}'
    subjects = {sample['subject'] for sample in samples}
    sequences = {(s['subject'], s['sequence']) for s in samples}
    sizes = dataset.fold_sizes
    text = (f'{type(dataset).__name__}(split={dataset.split!r}, '
            f'fold={dataset.fold}/{len(sizes) or dataset.num_folds}, '
            f'{len(subjects)} subjects, {len(sequences)} sequences, '
            f'{len(samples)} images: {counts})')
    if sizes:
        text += f'\nsequences per fold: {", ".join(map(str, sizes))}'
    if dataset.left_out:
        text += f'\n{_left_out_text(dataset)}'
    if dataset.problems:
        text += f'\nproblems: {len(dataset.problems)}, see `problems`'
    return text
