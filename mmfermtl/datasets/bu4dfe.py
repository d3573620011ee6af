import re

from ..registry import DATASETS
from .sequence_folders import SequenceFolderDataset


@DATASETS.register_module()
class BU4DFE(SequenceFolderDataset):
    """BU-4DFE (Yin et al. 2008), its texture images.

    The tree; the meshes beside the images are not read::

        data_root
        ├── F001/Angry/000.jpg 000.wrl 001.jpg 001.wrl ...
        ├── F001/{Angry,Disgust,Fear,Happy,Sad,Surprise}
        └── ... F058, M001 ... M043

    101 subjects show six expressions, 606 sequences of about 100 frames that
    go from neutral to the peak **and back**. So the samples are the three
    middle frames (1,818 images), our choice: there is no agreed protocol, the
    set is used for pretraining. Folders that are no subject are passed over.

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
    FOLDER = re.compile(
        r'(?:^|/)(?P<subject>[FM]\d{3})/(?P<expression>[A-Za-z]+)$',
        re.IGNORECASE)
    FRAME = re.compile(r'(\d{3,})\.(?:jpe?g|png)', re.IGNORECASE)
    EXPRESSIONS = ('Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise')
