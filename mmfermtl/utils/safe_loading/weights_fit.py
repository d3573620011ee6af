"""Compare the weights in a file with those of a model."""
from typing import Dict, List, Sequence

from torch import Tensor


def describe_misfit(wanted: Dict[str, Tensor], given: Dict[str,
                                                           Tensor]) -> str:
    """Describe the keys and shapes in which two state dicts differ.

    Args:
        wanted (dict[str, Tensor]): State of the model.
        given (dict[str, Tensor]): State in a file. It may lack the counts of
            batches in batch norms, as PyTorch's own loading allows.

    Returns:
        str: Empty if all fits.
    """
    missing = [
        k for k in wanted if k not in given and 'num_batches_tracked' not in k
    ]
    unexpected = [k for k in given if k not in wanted]
    both = [(k, v, given[k]) for k, v in wanted.items() if k in given]
    reshaped = [
        f'{k}: file {tuple(found.shape)}, model {tuple(v.shape)}'
        for k, v, found in both if found.shape != v.shape
    ]
    retyped = [
        f'{k}: file {found.dtype}, model {v.dtype}' for k, v, found in both
        # Whole numbers as floats, such as counts of batches, are no loss.
        if v.is_floating_point() and not found.is_floating_point()
    ]
    return '; '.join(f'{len(keys)} {kind} ({shorten(keys)})'
                     for kind, keys in (('missing keys', missing),
                                        ('unexpected keys', unexpected),
                                        ('keys of another shape', reshaped),
                                        ('keys of another type', retyped))
                     if keys)


def shorten(names: Sequence[str], limit: int = 5) -> str:
    """Join the first names with commas, and count the others."""
    shown: List[str] = list(names[:limit])
    if len(names) > limit:
        shown.append(f'and {len(names) - limit} more')
    return ', '.join(shown)
