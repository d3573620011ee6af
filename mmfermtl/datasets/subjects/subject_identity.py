"""Identify the subject of a sample across datasets."""
from typing import Any, Dict, Optional, Tuple

from ...registry import DATASETS
from .subject_names import name_key

#: Namespace of subjects, and subject.
Identity = Tuple[str, str]


class SubjectName(str):
    """Name of a subject that equals its other spellings."""

    key: str

    def __new__(cls, name: Any) -> 'SubjectName':
        self = super().__new__(cls, name)
        self.key = name_key(name)
        return self

    def __eq__(self, other: Any) -> bool:
        return self.key == getattr(other, 'key', other)

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.key)


class KeptName(SubjectName):
    """Name of a subject whose dataset has others that are spelled alike.

    It differs from other names of this kind that are spelled otherwise. Of
    another dataset it is not known which one is meant, so that it equals all
    spellings there.
    """

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, KeptName):
            return str(self) == str(other)
        return super().__eq__(other)

    __hash__ = SubjectName.__hash__


def subject_identity(dataset: Any, record: Dict[str,
                                                Any]) -> Optional[Identity]:
    """Identify the subject of a sample across datasets.

    CK+ and its crops in CK+48 show the same subjects, and so give the same
    identities; generated faces have that of their source.

    Args:
        dataset (Any): The dataset. Its ``subject_namespace``, if it has one,
            comes first; then that of the record, as of generated faces; then
            ``SUBJECTS`` of the class that the record is from; then the name
            of that class.
        record (dict): A record of it.

    Returns:
        tuple[str, str], optional: Namespace and subject, which equals its
        other spellings; None if the subject is not known.
    """
    subject = record.get('subject')
    if subject is None or not record.get('subject_known', True):
        return None
    kind = type(dataset)
    source = record.get('dataset') or kind.__name__
    if source != kind.__name__:
        kind = DATASETS.module_dict.get(source)
    space = (
        getattr(dataset, 'subject_namespace', '')
        or record.get('subject_space') or getattr(kind, 'SUBJECTS', '')
        or source)
    # Another dataset may spell the same subject in another way.
    kept = getattr(dataset, 'spellings', '') == 'keep'
    return space, KeptName(subject) if kept else SubjectName(subject)


def identity_key(identity: Identity) -> str:
    """Write an identity the same for all spellings, such as ``'CK+/s5'``.

    That of a kept spelling is exact.
    """
    space, subject = identity
    kept = isinstance(subject, KeptName)
    return f'{space}/{subject if kept else getattr(subject, "key", subject)}'
