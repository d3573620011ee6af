import os.path as osp
from typing import List, NamedTuple, Sequence

from ...utils.errors import UserError


class RunKey(NamedTuple):
    """One run of a cross-validation."""

    seed: int
    #: The fold that is tested on, 0-based.
    fold: int
    #: Whether a part of the training subjects is kept for validation.
    nested: bool = False

    @property
    def name(self) -> str:
        """str: Name of the run within its seed."""
        return f'nested_fold_{self.fold}' if self.nested else (
            f'fold_{self.fold}')

    @property
    def folder(self) -> str:
        """str: Work directory, relative to the study's."""
        return osp.join(f'seed_{self.seed}', self.name)

    def __str__(self) -> str:
        kind = ', nested' if self.nested else ''
        return f'seed {self.seed}, fold {self.fold}{kind}'


def list_runs(seeds: Sequence[int], folds: Sequence[int],
              nested: str) -> List[RunKey]:
    """List the runs of a cross-validation.

    Args:
        seeds (Sequence[int]): Seeds.
        folds (Sequence[int]): Folds.
        nested (str): ``'no'``, ``'also'`` or ``'only'``.

    Returns:
        list[RunKey]: In the order in which they are started.
    """
    kinds = dict(no=(False, ), also=(False, True), only=(True, ))[nested]
    return [
        RunKey(seed, fold, kind) for seed in seeds for kind in kinds
        for fold in folds
    ]


def parse_numbers(option: str, text: str) -> List[int]:
    """Read a list of whole numbers.

    Args:
        option (str): Name of the option, for the message.
        text (str): Such as ``'0,3'``; ``'0-9'`` is a range.

    Returns:
        list[int]: Sorted, each one once.

    Raises:
        UserError: If it is something else.
    """
    numbers = set()
    for part in text.split(','):
        first, dash, last = part.strip().partition('-')
        if not first.isdigit() or (dash and not last.isdigit()):
            raise UserError(f'{option} {text}: expected whole numbers '
                            'such as 0,3 or 0-9')
        numbers.update(range(int(first), int(last or first) + 1))
    if not numbers:
        raise UserError(f'{option} {text}: the range is empty; expected '
                        'whole numbers such as 0,3 or 0-9')
    return sorted(numbers)
