"""Messages about a dataset: its counts, its problems, what it leaves out."""
import logging
from collections import Counter
from typing import Any

from mmengine.logging import print_log

#: So many problems are quoted in a warning; `problems` has them all.
_QUOTED = 5


def log_dataset(dataset: Any, text: str, level: int = logging.INFO) -> None:
    """Log a message with the class and the folder of a dataset."""
    print_log(
        f'{type(dataset).__name__} {dataset.data_root}: {text}',
        logger='current',
        level=level)


def report_problem(dataset: Any, text: str) -> None:
    """Raise a ValueError if the dataset is strict, else log a warning."""
    if dataset.strict:
        raise ValueError(text)
    print_log(text, logger='current', level=logging.WARNING)


def report_problems(dataset: Any) -> None:
    """Report the number of problems, and the first few."""
    found = dataset.problems
    if found:
        quoted = ''.join(f'\n  {text}' for text in found[:_QUOTED])
        more = len(found) - _QUOTED
        end = f'\n  and {more} more, see `problems`' if more > 0 else ''
        report_problem(
            dataset, f'{type(dataset).__name__} {dataset.data_root}: '
            f'{len(found)} problem(s), what they concern is left out:'
            f'{quoted}{end}')


def first_problem(dataset: Any) -> str:
    """Quote the first problem for the end of a message, '' if none."""
    found = dataset.problems
    return (f' (problems found: {len(found)}, the first: {found[0]})'
            if found else '')


def left_out_text(dataset: Any) -> str:
    """Write what a dataset left out on purpose, '' if nothing."""
    counts = [f'{number} {what}' for what, number in dataset.left_out.items()]
    return 'left out: ' + ', '.join(counts) if counts else ''


def class_counts(dataset: Any) -> str:
    """Write the number of images of each class, and of unlabelled sources."""
    labels = Counter(dataset.get_gt_labels().tolist())
    counts = [f'{name} {labels[k]}' for k, name in enumerate(dataset.CLASSES)]
    if labels[-1]:
        counts.append(f'sources without a label {labels[-1]}')
    return ', '.join(counts)


def describe_dataset(dataset: Any) -> str:
    """Describe split, subjects, sequences, images by class, and problems."""
    samples = [dataset.get_record(i) for i in range(len(dataset))]
    sequences = {(s['subject'], s['sequence']) for s in samples}
    sizes = dataset.fold_sizes
    lines = [
        f'{type(dataset).__name__}(split={dataset.split!r}, '
        f'fold={dataset.fold}/{len(sizes) or dataset.num_folds}, '
        f'{len({subject for subject, _ in sequences})} subjects, '
        f'{len(sequences)} sequences, {len(samples)} images: '
        f'{class_counts(dataset)})'
    ]
    if sizes:
        lines.append(f'sequences per fold: {", ".join(map(str, sizes))}')
    if dataset.left_out:
        lines.append(left_out_text(dataset))
    if dataset.problems:
        lines.append(f'problems: {len(dataset.problems)}, see `problems`')
    return '\n'.join(lines)
