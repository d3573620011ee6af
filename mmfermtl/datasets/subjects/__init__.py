from .subject_identity import subject_identity
from .subject_labels import SubjectLabels

__all__ = ['SubjectLabels', 'subject_identity']
