import re
from typing import Tuple

from ..registry import DATASETS
from .sequence_folders import FoundFrames, SequenceFolderDataset
from .sequences import ExpressionSequence

_OPTIONS = dict(
    modality=('VL', 'NI'),
    illumination=('Strong', 'Weak', 'Dark'),
    images=('auto', 'original', 'cropped'))


@DATASETS.register_module()
class OuluCASIA(SequenceFolderDataset):
    """Oulu-CASIA NIR&VIS (Zhao et al. 2011).

    The original images (part B) or the cropped ones (part C)::

        data_root
        ├── OriginalImg/VL/Strong/P001/Anger/000.jpeg ...
        └── PreProcess Img/VL_Acropped/Strong/P001/Anger/000.jpeg ...

    The folders above ``VL``, ``NI``, ``VL_Acropped`` and ``NI_Acropped`` may
    have any names. Files that are no JPEG are passed over.

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
    FOLDER = re.compile(
        r'(?:^|/)(?P<modality>VL|NI)(?P<crop>_\w+)?/'
        r'(?P<light>Dark|Strong|Weak)/(?P<subject>P\d{3})/'
        r'(?P<expression>[A-Za-z]+)$', re.IGNORECASE)
    FRAME = re.compile(r'(\d{3,})\.jpe?g', re.IGNORECASE)
    EXPRESSIONS = ('Anger', 'Disgust', 'Fear', 'Happiness', 'Sadness',
                   'Surprise')
    CONDITIONS = ('modality', 'illumination')

    def __init__(self,
                 data_root: str = '',
                 modality: str = 'VL',
                 illumination: str = 'Strong',
                 images: str = 'auto',
                 **kwargs) -> None:
        given = dict(
            modality=modality, illumination=illumination, images=images)
        for name, value in given.items():
            if value not in _OPTIONS[name]:
                raise ValueError(f'{name}={value!r}; give one of '
                                 f'{_OPTIONS[name]}')
        self.modality = modality
        self.illumination = illumination
        self.images = images
        super().__init__(data_root=data_root, **kwargs)

    def is_wanted(self, sequence: ExpressionSequence) -> bool:
        """Check the modality and the illumination of a sequence."""
        return (sequence.attributes.get('modality') == self.modality and
                sequence.attributes.get('illumination') == self.illumination)

    def conditions_of(self, folder: re.Match) -> Tuple[str, ...]:
        """Spell modality, illumination and kind of images of a folder."""
        return (folder['modality'].upper(), folder['light'].capitalize(),
                'cropped' if folder['crop'] else 'original')

    def is_skipped(self, folder: str) -> bool:
        """Check whether a folder holds nothing but other conditions."""
        name = folder.upper()
        if re.fullmatch(r'(VL|NI)(_\w+)?', name):
            return not name.startswith(self.modality)
        return (name in ('STRONG', 'WEAK', 'DARK')
                and name != self.illumination.upper())

    def select(self, found: FoundFrames) -> Tuple[FoundFrames, str]:
        """Choose the original or the cropped images."""
        images = self.images
        if images == 'auto':
            cropped = any(key[-1] == 'cropped' for key in found)
            images = 'cropped' if cropped else 'original'
        return ({
            key: found[key]
            for key in found if key[-1] == images
        }, f'{self.data_root} ({self.modality}/{self.illumination})')
