import os.path as osp
import re
from typing import List, NamedTuple, Sequence

from ...utils.errors import UserError


class RunKey(NamedTuple):
    """A run of a cross-validation."""

    seed: int
    #: The fold that is tested on, 0-based.
    fold: int
    #: Whether some training subjects are held out for validation.
    nested: bool = False

    @property
    def name(self) -> str:
        """str: Name of the run within its seed."""
        return f'{"nested_" * self.nested}fold_{self.fold}'

    @property
    def folder(self) -> str:
        """str: Work directory, relative to the study's."""
        return osp.join(f'seed_{self.seed}', self.name)

    def __str__(self) -> str:
        return (f'seed {self.seed}, fold {self.fold}'
                f'{", nested" * self.nested}')


def list_runs(seeds: Sequence[int], folds: Sequence[int],
              nested: str) -> List[RunKey]:
    """List runs in the order of their start; see :func:`cross_validate`."""
    kinds = dict(no=(False, ), also=(False, True), only=(True, ))[nested]
    return [
        RunKey(seed, fold, kind) for seed in seeds for kind in kinds
        for fold in folds
    ]


def parse_numbers(option: str, text: str) -> List[int]:
    """Read the sorted numbers of an option such as ``0,3`` or ``0-9``."""
    parts = [
        re.fullmatch(r'\s*(\d+)(?:-(\d+))?\s*', part)
        for part in text.split(',')
    ]
    numbers = {
        number
        for part in parts if part
        for number in range(int(part[1]),
                            int(part[2] or part[1]) + 1)
    }
    if not numbers or not all(parts):
        raise UserError(f'{option} {text}: expected whole numbers such as '
                        '0,3 or 0-9')
    return sorted(numbers)
