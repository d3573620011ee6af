import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, Tuple

from ..registry import DATASETS
from ..utils.file_tree import walk_files
from .sequence_dataset import SequenceDataset
from .sequence_folders import add_frame, folder_expression, note_missing
from .sequences import ExpressionSequence, Frame

_TAIL = re.compile(
    r'(?:^|/)(VL|NI)((?:_\w+)?)/(Dark|Strong|Weak)/(P\d{3})/([A-Za-z]+)$',
    re.IGNORECASE)
_FRAME = re.compile(r'(\d{3,})\.jpe?g', re.IGNORECASE)
_EXPRESSIONS = ('Anger', 'Disgust', 'Fear', 'Happiness', 'Sadness', 'Surprise')
_Key = Tuple[str, str, str, str, str]


@DATASETS.register_module()
class OuluCASIA(SequenceDataset):
    """Oulu-CASIA NIR&VIS (Zhao et al. 2011).

    The original images (part B) or the cropped ones (part C)::

        data_root
        ├── OriginalImg/VL/Strong/P001/Anger/000.jpeg ...
        └── PreProcess Img/VL_Acropped/Strong/P001/Anger/000.jpeg ...

    Any folder above ``VL``, ``NI``, ``VL_Acropped`` and ``NI_Acropped`` will
    do, and those nested in one another too. Files that are no JPEG are
    passed over.

    80 subjects show six expressions, from neutral to the peak, in visible
    light (VL) and near infrared (NI), each in strong, weak and dark
    illumination: 480 sequences a condition, of 9 to 72 frames. Papers use
    VL and Strong with the last three frames, 1,440 images. A subject may lack
    a sequence: a copy with 479 is known.

    The dataset may not be redistributed.

    Args:
        data_root (str): Folder of the distribution or the prepared tree.
        modality (str): ``'VL'`` or ``'NI'``. Defaults to ``'VL'``.
        illumination (str): ``'Strong'``, ``'Weak'`` or ``'Dark'``. Defaults
            to ``'Strong'``.
        images (str): ``'original'``, ``'cropped'``, or ``'auto'`` for the
            cropped ones where there are any. Ignored for a prepared tree.
            Defaults to ``'auto'``.
        classes (int | Sequence[str]): Defaults to 6.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Examples:
        >>> from mmfermtl.datasets import OuluCASIA
        >>> dataset = OuluCASIA('data/oulu', split='test', fold=0)
        >>> print(dataset)
        OuluCASIA(split='test', fold=0/10, 8 subjects, 48 sequences, ...
    """

    RAW_NAME = 'oulucasia'
    EXPECTED = ('OriginalImg or PreProcess Img of Oulu-CASIA, with folders '
                'such as VL/Strong/P001/Anger')

    def __init__(self,
                 data_root: str = '',
                 modality: str = 'VL',
                 illumination: str = 'Strong',
                 images: str = 'auto',
                 classes=6,
                 **kwargs) -> None:
        for name, value, known in (('modality', modality, ('VL', 'NI')),
                                   ('illumination', illumination,
                                    ('Strong', 'Weak', 'Dark')),
                                   ('images', images, ('auto', 'original',
                                                       'cropped'))):
            if value not in known:
                raise ValueError(f'{name}={value!r}; give one of {known}')
        self.modality = modality
        self.illumination = illumination
        self.images = images
        super().__init__(data_root=data_root, classes=classes, **kwargs)

    def is_wanted(self, sequence: ExpressionSequence) -> bool:
        """Whether a sequence has the modality and illumination asked for."""
        return (sequence.attributes.get('modality') == self.modality and
                sequence.attributes.get('illumination') == self.illumination)

    def scan(self) -> List[ExpressionSequence]:
        """Find the sequences of the wanted condition by their folders."""
        found: Dict[_Key, Dict[int, str]] = defaultdict(dict)
        for folder, name in walk_files(self.data_root, self.problems,
                                       self._other_condition):
            place = _TAIL.search(osp.abspath(folder).replace('\\', '/'))
            frame = _FRAME.fullmatch(name)
            if place is None or frame is None:
                continue
            modality, suffix, light, subject, expression = place.groups()
            key = (modality.upper(), 'cropped' if suffix else 'original',
                   light.capitalize(), subject.upper(),
                   expression.capitalize())
            add_frame(found[key], int(frame.group(1)), osp.join(folder, name),
                      self.problems)
        images = self.images
        if images == 'auto':
            cropped = any(key[1] == 'cropped' for key in found)
            images = 'cropped' if cropped else 'original'
        found = {k: v for k, v in found.items() if k[1] == images}
        note_missing(f'{self.data_root} ({self.modality}/{self.illumination})',
                     [(k[3], k[4]) for k in found], _EXPRESSIONS,
                     self.problems)
        return [self._sequence(key, frames) for key, frames in found.items()]

    def _other_condition(self, folder: str) -> bool:
        """Whether a folder holds nothing but other conditions."""
        name = folder.upper()
        if re.fullmatch(r'(VL|NI)(_\w+)?', name):
            return not name.startswith(self.modality)
        return name in ('STRONG', 'WEAK',
                        'DARK') and name != self.illumination.upper()

    def _sequence(self, key: _Key, frames: Dict[int,
                                                str]) -> ExpressionSequence:
        modality, _, light, subject, name = key
        expression = folder_expression(name, _EXPRESSIONS, frames,
                                       self.problems)
        return ExpressionSequence(subject, name, expression,
                                  max(frames) + 1, {
                                      i: Frame(path)
                                      for i, path in frames.items()
                                  },
                                  dict(modality=modality, illumination=light))
