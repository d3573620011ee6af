"""Describe a calibration in tables and sentences."""
from typing import Any, Dict, List

from ...utils.text_table import format_table

#: Of each part of ``measured``, in the order of the table.
_SCORES = ('accuracy', 'uar', 'nll', 'ece_equal_mass', 'ece_equal_width',
           'brier', 'aurc')
#: What every reader of a coverage has to know.
WARNING = ('Coverage does not survive a change of data: it holds for faces '
           'like those of the calibration alone.')


def format_report(document: Dict[str, Any]) -> str:
    """Format the report of a calibration as text.

    Args:
        document (dict): The content of its file.

    Returns:
        str: Scores before and after on each set, and for each coverage a
        sentence and a table of the classes.
    """
    fitted = document['fitted_on']
    parts = [
        f'Temperature {document["temperature"]:.4f}, fitted on '
        f'{fitted["sequences"]} sequences ({fitted["images"]} images) of '
        'validation subjects. Balanced: divided by the frequency of the class '
        f'to the power of {document["logit_adjustment"]["strength"]:.2f}.'
    ]
    for key, names in fitted['classes_without_own_threshold'].items():
        if names:
            parts.append(
                f'At {_percent_of(key)} % too few sequences show '
                f'{", ".join(names)}: the threshold is that of all classes, '
                'and no coverage of the class is promised.')
    rows = [(name, when, *(one[when][score] for score in _SCORES))
            for name, one in document['measured'].items()
            for when in ('before', 'after', 'balanced')]
    parts.append(format_table(('measured on', 'when', *_SCORES), rows))
    parts.append(_selective_table(document['measured']))
    for name, one in document['measured'].items():
        for key, found in one['sets'].items():
            parts.append(_describe_sets(name, one, key, found))
    parts.append(WARNING)
    return '\n\n'.join(parts)


def _percent_of(key: str) -> str:
    return f'{100 * float(key):g}'


def _selective_table(measured: Dict[str, Any]) -> str:
    """Accuracy by the share of images that is answered, surest first."""
    first = next(iter(measured.values()))
    shares = list(first['after']['selective'])
    rows = [(name, *(one['after']['selective'][s] for s in shares))
            for name, one in measured.items()]
    header = [f'{_percent_of(share)} %' for share in shares]
    return format_table(('accuracy of the surest', *header), rows)


def _describe_sets(name: str, one: Dict[str, Any], key: str,
                   found: Dict[str, Any]) -> str:
    low, high = found['interval']
    rest = found['accuracy_of_the_rest']
    units = 'images' if one['images'] == one['sequences'] else 'sequences'
    text = (f'Asked for {_percent_of(key)} %, on {name}: the set holds the '
            f'truth for {found["coverage"]:.1f} % (95 % interval {low:.1f} to '
            f'{high:.1f}) of {one["sequences"]} {units}; {found["size"]:.2f} '
            f'classes a set; {found["abstained"]:.1f} % abstained')
    if rest is not None:
        text += f', and {rest:.1f} % of the others are right'
    rows: List[tuple] = [(label, row['sequences'], row['coverage'],
                          row['size'])
                         for label, row in found['by_class'].items()]
    return f'{text}.\n' + format_table(
        ('class', units, 'coverage %', 'set size'), rows)
