import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, Tuple

from ..registry import DATASETS
from ..utils.file_tree import walk_files
from .sequence_dataset import SequenceDataset
from .sequence_folders import add_frame, folder_expression, note_missing
from .sequences import ExpressionSequence, Frame

_TAIL = re.compile(r'(?:^|/)([FM]\d{3})/([A-Za-z]+)$', re.IGNORECASE)
_FRAME = re.compile(r'(\d{3,})\.(?:jpe?g|png)', re.IGNORECASE)
_EXPRESSIONS = ('Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise')


@DATASETS.register_module()
class BU4DFE(SequenceDataset):
    """BU-4DFE (Yin et al. 2008), its texture images.

    The tree; the meshes beside the images are not read::

        data_root
        ├── F001/Angry/000.jpg 000.wrl 001.jpg 001.wrl ...
        ├── F001/{Angry,Disgust,Fear,Happy,Sad,Surprise}
        └── ... F058, M001 ... M043

    101 subjects show six expressions, 606 sequences of about 100 frames that
    go from neutral to the peak **and back**. So the samples are the three
    middle frames (1,818 images), our choice: there is no agreed protocol, the
    set serves as pretraining. Folders that are no subject are passed over.

    BU-4DFE is free for non-commercial research under a signed agreement and
    may not be redistributed.

    Args:
        data_root (str): Folder of the distribution or the prepared tree.
        classes (int | Sequence[str]): Defaults to 6.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Examples:
        >>> from mmfermtl.datasets import BU4DFE
        >>> dataset = BU4DFE('data/bu4dfe', split='test', fold=0)
        >>> print(dataset)
        BU4DFE(split='test', fold=0/10, 11 subjects, 66 sequences, ...
    """

    FRAMES = dict(middle=3)
    RAW_NAME = 'bu4dfe'
    EXPECTED = 'the folders F001 ... M043 of BU-4DFE'

    def __init__(self, data_root: str = '', classes=6, **kwargs) -> None:
        super().__init__(data_root=data_root, classes=classes, **kwargs)

    def scan(self) -> List[ExpressionSequence]:
        """Find the sequences by their folders."""
        found: Dict[Tuple[str, str], Dict[int, str]] = defaultdict(dict)
        for folder, name in walk_files(self.data_root, self.problems):
            place = _TAIL.search(osp.abspath(folder).replace('\\', '/'))
            frame = _FRAME.fullmatch(name)
            if place is None or frame is None:
                continue
            subject, expression = place.groups()
            frames = found[subject.upper(), expression.capitalize()]
            add_frame(frames, int(frame.group(1)), osp.join(folder, name),
                      self.problems)
        note_missing(self.data_root, found, _EXPRESSIONS, self.problems)
        return [
            self._sequence(subject, name, frames)
            for (subject, name), frames in found.items()
        ]

    def _sequence(self, subject: str, name: str,
                  frames: Dict[int, str]) -> ExpressionSequence:
        expression = folder_expression(name, _EXPRESSIONS, frames,
                                       self.problems)
        return ExpressionSequence(subject, name, expression,
                                  max(frames) + 1, {
                                      i: Frame(path)
                                      for i, path in frames.items()
                                  })
