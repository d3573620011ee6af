import os
import os.path as osp
import re
from typing import Any, Dict, List, Optional, Sequence

from ..registry import DATASETS
from ..utils.file_tree import is_junk
from .sequence_dataset import SequenceDataset
from .sequences import ExpressionSequence, Frame

#: Performer, type, view, expression and serial number of an image.
_NAME = re.compile(r'(\d{2})(\d)(\d)([a-g0])(\d{2})\.jpe?g', re.IGNORECASE)
#: The letters of the expressions; nine calm ones have a 0 for it.
CODES: Dict[str, str] = dict(
    zip('0abcdefg', ('neutral', 'neutral', 'happiness', 'sadness', 'anger',
                     'disgust', 'fear', 'surprise')))
#: Numbers of the types of performance.
TYPES = dict(theatric=1, facs=2, event=3)
_TYPE_NAMES = {str(number): name for name, number in TYPES.items()}


@DATASETS.register_module()
class TaiwaneseFaces(SequenceDataset):
    """Taiwan Corpora of Chinese Emotions: 1,232 colour photographs, 256 px.

    29 performers, neutral and six expressions, performed in three ways, seen
    from the front. The name of a file says all::

        data_root
        ├── 0101a02.jpg    performer 01, type 0, view 1, calm (a), number 02
        ├── 0111b01.jpg    performer 01, type 1 (theatric), view 1, happy (b)
        └── ...

    Folders ``faces_256x256`` and ``Taiwanese/faces_256x256`` inside
    ``data_root`` are found too. There are 78 neutral images and (happiness,
    sadness, anger, disgust, fear, surprise) 226, 197, 200, 198, 151 and 182.
    They show whole heads, in which the face is half as wide as in those of
    FER+ and CK+48: networks that know these read aligned crops, a prepared
    tree, far better. No terms of use are stated with the copy that the
    project has seen: use the images for your own research only, and pass none
    on.

    Args:
        data_root (str): Folder of the images, or the prepared tree.
        types (Sequence[str], optional): Types of performance to keep:
            ``'theatric'``, ``'facs'`` (by Ekman's criteria), ``'event'`` (a
            personal one). Neutral images have none, and are kept. Defaults to
            None, all.
        classes (int | Sequence[str]): Defaults to 6; 8 and 7 have contempt,
            which does not exist here: name the seven with neutral instead.
        neutral_frames (int): Defaults to 0: each photograph is a sequence of
            its own, and neutral ones have their label.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the folder does not exist or has no image.
        ValueError: If a file name does not fit, or there is no such type.
    """

    SUBJECTS = 'Taiwan Corpora of Chinese Emotions'
    FRAMES = 'all'
    RAW_NAME = 'taiwan'
    EXPECTED = 'images such as 0111b01.jpg'

    def __init__(self,
                 data_root: str = '',
                 types: Optional[Sequence[str]] = None,
                 classes: Any = 6,
                 neutral_frames: int = 0,
                 **kwargs: Any) -> None:
        unknown = sorted(set(types or ()) - set(TYPES))
        if unknown or isinstance(types, str):
            raise ValueError(f'types={types!r}; give a list of '
                             f'{", ".join(TYPES)}, or None')
        self.types = types
        super().__init__(
            data_root=data_root,
            classes=classes,
            neutral_frames=neutral_frames,
            **kwargs)

    def is_wanted(self, sequence: ExpressionSequence) -> bool:
        """Check the type of the performance."""
        wanted = (
            self.types is None or sequence.expression == 'neutral'
            or sequence.attributes['type'] in self.types)
        if not wanted:
            self.left_out['images of other types'] += 1
        return wanted

    def scan(self) -> List[ExpressionSequence]:
        """List the images, sorted by name."""
        places = (osp.join(self.data_root, 'Taiwanese', 'faces_256x256'),
                  osp.join(self.data_root, 'faces_256x256'), self.data_root)
        root = next(place for place in places if osp.isdir(place))
        found = []
        for name in sorted(os.listdir(root)):
            path = osp.join(root, name)
            if is_junk(name) or not osp.isfile(path):
                continue
            match = _NAME.fullmatch(name)
            if match is None:
                raise ValueError(
                    f'{path}: file name does not fit, expected <performer>'
                    '<type><view><expression><number>.jpg such as '
                    '0111b01.jpg; rename or remove it')
            performer, kind, _, code, _ = match.groups()
            found.append(
                ExpressionSequence(performer,
                                   osp.splitext(name)[0][2:],
                                   CODES[code.lower()], 1, {0: Frame(path)},
                                   dict(type=_TYPE_NAMES.get(kind, ''))))
        if not found:
            raise FileNotFoundError(f'{root}: found no image, expected '
                                    f'{self.EXPECTED}')
        return found
