"""Schedules of a share, which may change from epoch to epoch."""
from typing import Any, Callable, Dict, Union

Ratio = Union[float, Dict[str, Any]]
_FORMS = ('a number from 0 to 1, dict(linear=(first, last), epochs=(begin, '
          'end)) or dict(steps=[(epoch, ratio), ...])')


def ratio_schedule(ratio: Ratio) -> Callable[[int], float]:
    """Turn the config of a schedule into a function of the epoch.

    Args:
        ratio (float | dict): A number in [0, 1];
            ``dict(linear=(first, last), epochs=(begin, end))``, which is
            ``first`` up to the epoch ``begin`` and ``last`` from ``end`` on;
            or ``dict(steps=[(epoch, ratio), ...])``, each value from its
            epoch on, the first of which must be 0. Epochs are 0-based.

    Returns:
        Callable: From an epoch to its ratio.

    Raises:
        ValueError: If it has another form.

    Examples:
        >>> schedule = ratio_schedule(dict(linear=(0, 0.5), epochs=(0, 10)))
        >>> schedule(5), schedule(20)
        (0.25, 0.5)
    """
    try:
        return _read(ratio)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f'ratio={ratio!r} is no schedule ({error}); give '
                         f'{_FORMS}') from None


def largest_ratio(ratio: Ratio) -> float:
    """Find the largest value, in [0, 1], of a :func:`ratio_schedule`."""
    schedule = ratio_schedule(ratio)
    if not isinstance(ratio, dict):
        return schedule(0)
    # Between these epochs a schedule is constant or monotonic.
    epochs = ratio.get('epochs') or [epoch for epoch, _ in ratio['steps']]
    return max(schedule(int(epoch)) for epoch in epochs)


def _read(ratio: Ratio) -> Callable[[int], float]:
    """Parse a schedule; any error names what does not fit."""
    if not isinstance(ratio, dict):
        constant = _share(ratio)
        return lambda epoch: constant
    if set(ratio) == {'linear', 'epochs'}:
        first, last = map(_share, ratio['linear'])
        begin, end = map(int, ratio['epochs'])
        if not 0 <= begin < end:
            raise ValueError(f'epochs {begin} to {end} are no span')

        def linear(epoch: int) -> float:
            done = min(max((epoch - begin) / (end - begin), 0.), 1.)
            return first + (last - first) * done

        return linear
    if set(ratio) == {'steps'}:
        steps = [(int(epoch), _share(value))
                 for epoch, value in ratio['steps']]
        epochs = [epoch for epoch, _ in steps]
        if not steps or epochs[0] != 0 or epochs != sorted(set(epochs)):
            raise ValueError('the epochs must begin with 0 and rise')
        return lambda epoch: [v for begin, v in steps if begin <= epoch][-1]
    raise ValueError(f'found the keys {sorted(ratio)}')


def _share(value: Any) -> float:
    """Convert to a number in [0, 1]."""
    value = float(value)
    if not 0 <= value <= 1:
        raise ValueError(f'{value} is not in [0, 1]')
    return value
