"""Measure what is compared in turns, as machines change their speed."""
import statistics
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from torch.utils.benchmark import timer


class Comparison(NamedTuple):
    """Seconds of one of the variants that were measured in turns."""

    name: str
    #: Seconds of a call in each round.
    seconds: List[float]
    #: Seconds of the first call, before the warm-up.
    first: float
    #: How much faster than the first variant, in each round.
    ratios: List[float]

    def summary(self, images: int) -> Dict[str, Any]:
        """Summarise the rounds.

        Args:
            images (int): Images of a call.

        Returns:
            dict: ``variant``, ``ms`` and ``images_s`` by the median,
            ``speed``, the median of the ratios, and ``slowest`` and
            ``fastest`` of them, ``first_s``.
        """
        seconds = statistics.median(self.seconds)
        return dict(
            variant=self.name,
            ms=1e3 * seconds,
            images_s=images / seconds,
            speed=statistics.median(self.ratios),
            slowest=min(self.ratios),
            fastest=max(self.ratios),
            first_s=self.first)


def compare(variants: Dict[str, Callable[[int], Any]],
            rounds: int,
            warmup: int,
            clock: Optional[Callable[[], float]] = None) -> List[Comparison]:
    """Measure variants in turns: A B C, C B A, A B C and so on.

    Not by ``torch.utils.benchmark.Timer``, which repeats each call at least
    twice: a training step must not be repeated if losses are compared.

    Args:
        variants (dict[str, Callable]): Each is called with the number of the
            round, the warm-up included.
        rounds (int): Rounds that count.
        warmup (int): Rounds before them.
        clock (Callable, optional): Gives the time in seconds, such as
            ``time.process_time`` on a CPU that others use, too. Defaults to
            None, the time on the wall, after the GPU has finished.

    Returns:
        list[Comparison]: In the order of the variants.
    """
    seconds: Dict[str, List[float]] = {name: [] for name in variants}
    order = list(variants)
    clock = clock or timer  # waits for the GPU
    for number in range(warmup + rounds):
        for name in order:
            start = clock()
            variants[name](number)
            seconds[name].append(clock() - start)
        order.reverse()
    base = next(iter(seconds.values()))
    return [
        Comparison(name, found[warmup:], found[0],
                   [a / b for a, b in zip(base[warmup:], found[warmup:])])
        for name, found in seconds.items()
    ]
