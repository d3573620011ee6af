import os
import os.path as osp
import re
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..registry import DATASETS
from ..utils.decoding.face_decoding import decode_record
from ..utils.file_tree import check_root, is_junk
from .ckplus48 import CKPlus48
from .frame_registration import register_frame

_NAME = re.compile(r'(S\d{3})_(\d{3})_(\d{8})\.png', re.IGNORECASE)


@DATASETS.register_module()
class CKPlusNeutral(CKPlus48):
    """CK+48 with the neutral first frame of its sequences.

    CK+48 has no neutral images. Other crops of CK+ of the same size have, cut
    out frame by frame, so that they lie elsewhere in the image; the first
    frame is moved, turned and zoomed until its upper face fits the last one
    of CK+48 (:func:`~mmfermtl.datasets.frame_registration.register_frame`)::

        neutral_root
        └── neutral
            ├── S010_004_00000001.png
            └── ...

    Of the public set, 318 of the 327 sequences of CK+48 have such a frame. A
    frame that cannot be registered, or of a sequence that CK+48 lacks, is
    left out and counted. With ``'neutral'`` among the classes (8) the frames
    have that label, and are paired with the expressions of their subject;
    without, they are sources of synthesis.

    The images fall under the agreement of CK+.

    Args:
        data_root (str): Folder of CK+48.
        neutral_root (str): Folder of the folder ``neutral``. Defaults to
            ``'data/CK+'``.
        min_correlation (float): Least correlation of a registered frame with
            the last frame of its sequence, over the upper face. Defaults to
            0.8.
        **kwargs: See :class:`CKPlus48`.

    Raises:
        FileNotFoundError: If a folder does not exist.
        ValueError: If a file name does not fit.

    Examples:
        >>> from mmfermtl.datasets import CKPlusNeutral
        >>> dataset = CKPlusNeutral(
        ...     'data/CK+48', neutral_root='data/CK+', classes=8, pairs=True,
        ...     split='train', fold=0)
    """

    def __init__(self,
                 data_root: str = '',
                 neutral_root: str = 'data/CK+',
                 min_correlation: float = 0.8,
                 **kwargs: Any) -> None:
        self.neutral_root = neutral_root
        self.min_correlation = min_correlation
        self._registered: Dict[str, np.ndarray] = {}
        super().__init__(data_root=data_root, **kwargs)

    def peak_classes(self) -> List[str]:
        """List the classes of CK+48 itself."""
        return [name for name in super().peak_classes() if name != 'neutral']

    def load_samples(self) -> List[dict]:
        """List the images of CK+48, then the first frames."""
        samples = super().load_samples()
        last: Dict[Tuple[str, str], dict] = {}
        for sample in samples:
            if sample['expression'] not in self.metainfo['classes']:
                continue
            key = sample['subject'], sample['sequence']
            before = last.setdefault(key, sample)
            if sample['frame_index'] > before['frame_index']:
                last[key] = sample
        labelled = 'neutral' in self.metainfo['classes']
        for path, key in self._list_frames():
            peak = last.get(key)
            if peak is None:
                self.left_out['first frames of other sequences'] += 1
                continue
            image = self._register(path, peak['img_path'])
            if image is None:
                self.left_out['first frames that could not be registered'] += 1
                continue
            self._registered[path] = image
            samples.append(
                dict(
                    img_path=path,
                    expression='neutral' if labelled else None,
                    subject=key[0],
                    sequence=key[1],
                    frame_index=0,
                    num_frames=peak['num_frames'],
                    role='neutral'))
        return samples

    def get_data_info(self, idx: int) -> dict:
        """Return the record of a sample, a first frame with its ``img``."""
        sample = super().get_data_info(idx)
        image = self._registered.get(sample['img_path'])
        if image is not None:
            sample['img'] = image.copy()
        return sample

    def _list_frames(self) -> List[Tuple[str, Tuple[str, str]]]:
        """List the first frames with subject and sequence."""
        check_root(self.neutral_root, 'the folder neutral')
        folder = osp.join(self.neutral_root, 'neutral')
        check_root(folder, 'images such as S010_004_00000001.png')
        found = []
        for name in sorted(os.listdir(folder)):
            if is_junk(name):
                continue
            match = _NAME.fullmatch(name)
            if match is None:
                raise ValueError(
                    f'{osp.join(folder, name)}: file name does not fit, '
                    'expected <subject>_<sequence>_<frame>.png such as '
                    'S010_004_00000001.png; rename or remove it')
            found.append(
                (osp.join(folder,
                          name), (match.group(1).upper(), match.group(2))))
        return found

    def _register(self, path: str, peak: str) -> Optional[np.ndarray]:
        """Read and register a first frame, ``(H, W)`` uint8."""
        found = register_frame(
            *(decode_record(dict(img_path=one), 'grayscale')
              for one in (path, peak)))
        if found is None or found.correlation < self.min_correlation:
            return None
        return found.image
