import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, Optional, Tuple

import numpy as np

from ..expressions import CKPLUS_CODES
from ..registry import DATASETS
from ..utils.file_tree import walk_files
from .sequence_dataset import SequenceDataset
from .sequence_folders import FoundFrames, add_frame
from .sequences import ExpressionSequence, Frame

_FILE = re.compile(
    r'(S\d{3})_(\d{3})_(\d{8})(\.png|_landmarks\.txt|_emotion\.txt)',
    re.IGNORECASE)
#: S129/002, labelled surprise, is a one-sided smirk with closed lips, and was
#: left out as wrongly annotated by others; S160/006, labelled contempt, is a
#: pout with raised inner brows. Chosen by the last frames of all sequences,
#: before the runs that are reported without them.
DOUBTFUL_CKPLUS_SEQUENCES = (('S129', '002'), ('S160', '006'))


@DATASETS.register_module()
class CKPlus(SequenceDataset):
    """Extended Cohn-Kanade (CK+, Lucey et al. 2010).

    The four archives of the distribution unzipped into one folder; FACS is
    not read::

        data_root
        ├── cohn-kanade-images/S005/001/S005_001_00000001.png ... 00000011.png
        ├── Landmarks/S005/001/S005_001_00000011_landmarks.txt
        └── Emotion/S005/001/S005_001_00000011_emotion.txt

    Files are found by their names, so the folders may be nested or named in
    any way (``Emotion_labels/Emotion``, ``extended-cohn-kanade-images``).

    Sequences go from neutral to the peak. The last frame alone has a label
    file, and only 327 of the 593 sequences have one: anger 45, contempt 18,
    disgust 59, fear 25, happiness 69, sadness 28, surprise 83, of 118
    subjects. The usual samples are the last three frames, 981 images; with
    neutral, the first frame of each labelled sequence (327 images) or, with
    ``neutral_of='all'``, of all 593.

    Without contempt 309 sequences of 106 subjects remain; the 12 others have
    nothing else and leave the folds, which then have 31, 37, 39, 31, 30, 34,
    27, 26, 31, 23 sequences. With ``fold_over='labelled'`` they stay, and the
    folds have 32, 37, 38, 33, 28, 35, 27, 28, 31, 20.

    CK+ is for non-commercial research under a signed agreement, which forbids
    redistribution; show images only of subjects who consented.

    Args:
        data_root (str): Folder of the distribution or the prepared tree.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Examples:
        >>> from mmfermtl.datasets import CKPlus
        >>> dataset = CKPlus('data/ckplus', split='test', fold=0)
        >>> print(dataset)
        CKPlus(split='test', fold=0/10, 12 subjects, 33 sequences, ...
    """

    DOUBTFUL_SEQUENCES = DOUBTFUL_CKPLUS_SEQUENCES

    SUBJECTS = 'CK+'
    RAW_NAME = 'ckplus'
    EXPECTED = ('the folders cohn-kanade-images, Emotion and Landmarks of the '
                'CK+ distribution')

    def scan(self) -> List[ExpressionSequence]:
        """Find images, landmarks and labels by their names."""
        by_ending: Dict[str, FoundFrames] = {
            ending: defaultdict(dict)
            for ending in ('.png', '_landmarks.txt', '_emotion.txt')
        }
        for folder, name in walk_files(self.data_root, self.problems):
            match = _FILE.fullmatch(name)
            if match is None:
                continue
            found = by_ending[match.group(4).lower()]
            key = (match.group(1).upper(), match.group(2))
            path, index = osp.join(folder, name), int(match.group(3)) - 1
            if index < 0:
                self.problems.append(f'{path}: frame number 0, but frames are '
                                     'counted from 1; rename or remove it')
                continue
            add_frame(found[key], index, path, self.problems)
        frames, marks, labels = by_ending.values()
        if not labels:
            raise ValueError(
                f'{self.data_root}: no *_emotion.txt file found among images '
                f'of {len(frames)} sequences; unzip Emotion_labels.zip of the '
                'distribution into it (for CK+48 crops use CKPlus48)')
        return [
            self._sequence(key, frames[key], marks[key], labels[key])
            for key in sorted({*frames, *labels})
        ]

    def _sequence(self, key: Tuple[str, ...], frames: Dict[int, str],
                  marks: Dict[int, str],
                  labels: Dict[int, str]) -> ExpressionSequence:
        """Join the files of a sequence, of which the last frame is labelled.
        """
        expression = None
        num_frames = max(frames, default=-1) + 1
        if labels:
            peak = max(labels)
            expression = self._read_label(labels[peak])
            if peak + 1 < num_frames:
                self.problems.append(
                    f'{labels[peak]}: labels frame {peak + 1}, but images go '
                    f'to {num_frames}; frames after the label are not used')
            num_frames = peak + 1
        subject, name = key
        return ExpressionSequence(
            subject, name, expression, num_frames, {
                i: Frame(path, marks.get(i))
                for i, path in frames.items() if i < num_frames
            })

    def _read_label(self, path: str) -> Optional[str]:
        """Read a file such as ``"   3.0000000e+00\\n"``."""
        with open(path, encoding='ascii', errors='replace') as file:
            text = file.read(200)
        try:
            code = float(text.split()[0])
            return CKPLUS_CODES[int(code) if code == int(code) else -1]
        except (IndexError, ValueError, OverflowError, KeyError):
            self.problems.append(
                f'{path}: found {text.strip()!r}, expected one number from 0 '
                'to 7 such as 3.0000000e+00; copy it again from the '
                'distribution')
            return None

    def read_landmarks(self, sequence: ExpressionSequence,
                       index: int) -> Optional[np.ndarray]:
        """Read the 68 tracked landmarks that come with CK+."""
        path = sequence.frames[index].landmarks
        if path is None:
            return None
        try:
            points = np.loadtxt(path, dtype=np.float64, ndmin=2)
            if points.shape != (68, 2) or not np.isfinite(points).all():
                raise ValueError(f'shape {points.shape}')
        except (OSError, ValueError) as error:
            raise ValueError(f'{path}: found no 68 lines of x and y '
                             f'({error}); copy it again from the '
                             'distribution') from None
        return points
