"""Map the labels of a user's files to the classes of a dataset."""
from typing import Any, Dict, Optional, Sequence

from ...expressions import EXPRESSIONS, canonical_expression
from ..subjects.subject_names import name_key


class LabelMap:
    """Map numbers and names of folders to names of classes.

    Args:
        classes (Sequence[str]): Resolved names of the classes, which may be
            other than the known expressions.
        mapping (dict, optional): Label -> expression or class in any known
            spelling, or None to leave its images out. It precedes the known
            spellings. Defaults to None.

    Raises:
        ValueError: If a value is no known expression and none of the
            classes, or if a label is mapped twice.
    """

    def __init__(self,
                 classes: Sequence[str],
                 mapping: Optional[Dict[Any, Optional[str]]] = None) -> None:
        self.classes = tuple(classes)
        self.mapping: Dict[str, Optional[str]] = {}
        for label, name in (mapping or {}).items():
            key = name_key(label)
            if key in self.mapping:
                raise ValueError(f'expression_map names the label {label!r} '
                                 'twice, in two spellings; leave one out')
            if name is not None:
                try:
                    name = canonical_expression(name, self.classes)
                except ValueError as error:
                    raise ValueError(f'expression_map maps {label!r} to an '
                                     f'{error}, and the classes '
                                     f'{", ".join(self.classes)}') from None
            self.mapping[key] = name

    def of(self, label: str) -> Optional[str]:
        """Map one label.

        Returns:
            str | None: A known expression or one of the classes; None for a
            label mapped to None.

        Raises:
            ValueError: If the label is not known.
        """
        key = name_key(label)
        if key in self.mapping:
            return self.mapping[key]
        try:
            return canonical_expression(label, self.classes)
        except ValueError as error:
            own = [c for c in self.classes if c not in EXPRESSIONS]
            more = f', {", ".join(own)}' if own else ''
            raise ValueError(
                f'{error}{more}; correct it, map it with expression_map='
                f'{{{label!r}: ...}}, or name it in `classes`') from None
