import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np

from ...expressions import MMI_CODES
from ...registry import DATASETS
from ...utils.decoding.clip_geometry import (FRONTAL, Geometry,
                                             documented_geometry,
                                             upright_frame)
from ...utils.decoding.video_frames import (VideoInfo, probe_video,
                                            read_video_frames)
from ..sequence_dataset import SequenceDataset
from ..sequences import ExpressionSequence, Frame, is_excluded
from .sessions import Clip, find_clips


@DATASETS.register_module()
class MMI(SequenceDataset):
    """MMI facial expression database (Pantic et al. 2005), its videos.

    Search results of the website unzipped into one folder, as many as there
    are; a clip that is in two of them counts once::

        data_root
        └── mmi-facial-expression-database_download_2018-12-29_13_28_54
            └── Sessions/1841
                ├── session.xml           # view
                ├── S035-004.avi
                ├── S035-004.xml          # emotion
                └── S035-004-oao_aucs.xml # not in every session

    Clips go from neutral to the peak **and back**, so papers use the three
    middle frames. The containers announce wrong lengths, so the clips in use
    are decoded once in each process, which takes about 0.1 s of a core each.
    Reading the videos needs PyAV (``pip install av``). A prepared tree needs
    neither.

    213 clips of 32 subjects have one of the six basic emotions: anger 33,
    disgust 32, fear 29, happiness 44, sadness 32, surprise 43. Others have
    none, since they show action units, or a code above 6; they have no label
    here. Most papers use 208 clips of 31 subjects (624 images); that is the
    list of FMPN-FER, which lacks the four clips of S021 and S002-106, and
    the default of ``exclude`` makes it. Of the other common figure, 205
    clips, no list is public.

    Frontal clips are rotated by 90 degrees and dual views show two faces; see
    :func:`~mmfermtl.utils.decoding.clip_geometry.documented_geometry` for
    how frames are put upright. Since it does not use the image, it may be
    wrong, and the frontal half of a dual view is known for eight subjects
    only; of others both halves stay in the frame.
    ``tools/prepare_dataset.py`` verifies it with a face detector. Borders
    are not cut away, as some do, because crops are aligned by the face.

    MMI is for academic research under a signed agreement.

    Args:
        data_root (str): Folder of the distribution or the prepared tree.
        views (Sequence[int]): 0 frontal, 1 profile, 2 both in one frame.
            Defaults to (0, 2), as emotion recognition uses it.
        exclude (Sequence[str]): Subjects and clips to leave out. Defaults to
            ``('S021', 'S002-106')``.
        annotated_upright (bool): Whether frontal clips with marks of action
            units (``-oao_aucs.xml``) are stored upright. One public loader
            has it so, three others turn them as the rest. Defaults to False.
        classes (int | Sequence[str]): Defaults to 6.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        ImportError: If there are videos to read and PyAV is not installed.

    Examples:
        >>> from mmfermtl.datasets import MMI
        >>> dataset = MMI('data/mmi', split='test', fold=0)
        >>> print(dataset)
        MMI(split='test', fold=0/10, 4 subjects, 25 sequences, ...
    """

    FRAMES = dict(middle=3)
    RAW_NAME = 'mmi'
    EXPECTED = 'Sessions/<number>/S035-004.avi, .xml and session.xml of MMI'
    PREPARED_WITH = ('annotated_upright', )

    def __init__(self,
                 data_root: str = '',
                 views: Sequence[int] = (0, 2),
                 exclude: Sequence[str] = ('S021', 'S002-106'),
                 annotated_upright: bool = False,
                 classes: Union[int, Sequence[str]] = 6,
                 **kwargs) -> None:
        if isinstance(views, int) or not views or not set(views) <= {0, 1, 2}:
            raise ValueError(f'views={views!r}; give a list of 0 (frontal), '
                             '1 (profile) and 2 (dual)')
        self.views = tuple(views)
        self.annotated_upright = annotated_upright
        super().__init__(
            data_root=data_root, exclude=exclude, classes=classes, **kwargs)

    def is_wanted(self, sequence: ExpressionSequence) -> bool:
        """Check whether a clip has one of the wanted views."""
        return sequence.attributes.get('view') in self.views

    def scan(self) -> List[ExpressionSequence]:
        """Find the clips by their sessions, and decode those to be used."""
        found, used = [], []
        for clip in find_clips(self.data_root, self.problems):
            sequence = ExpressionSequence(
                clip.subject, clip.name, MMI_CODES.get(clip.emotion), 0, {},
                dict(session=clip.session, view=clip.view))
            if self._is_used(sequence, clip):
                used.append((sequence, clip))
            else:
                found.append(sequence)
        # PyAV decodes outside of Python's lock, so threads run in parallel.
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            infos = pool.map(_probe, [clip.path for _, clip in used])
            return found + [
                sequence for (sequence, clip), info in zip(used, infos)
                if self._add_video(sequence, clip, info)
            ]

    def _is_used(self, sequence: ExpressionSequence, clip: Clip) -> bool:
        """Check whether frames of a clip are needed; else count the reason."""
        if not self.is_wanted(sequence):
            reason = 'clips of another view'
        elif is_excluded(sequence, self.exclude):
            reason = 'clips excluded'
        elif sequence.expression is not None or self.neutral_of == 'all':
            return True
        elif clip.emotion is None:
            reason = 'clips without an emotion'
        else:
            reason = 'clips of another emotion'
        self.left_out[reason] += 1
        return False

    def _add_video(self, sequence: ExpressionSequence, clip: Clip,
                   info: Union[VideoInfo, str]) -> bool:
        """Add frames and geometry; return whether there are enough frames."""
        if isinstance(info, str):
            self.problems.append(info)
            return False
        number = info.num_frames
        rule = self.frames if isinstance(self.frames, dict) else {}
        needed = max(rule.get(k, 1) for k in ('first', 'middle', 'last'))
        if info.fault or number < needed:
            fault = f', then: {info.fault}' if info.fault else ''
            self.problems.append(
                f'{clip.path}: {number} frames can be decoded (codec '
                f'{info.codec}){fault}; frames={self.frames} needs {needed}, '
                'and those that are lost do not count; copy it again from '
                'the distribution or ask for fewer')
        if number < needed:
            return False
        geometry = documented_geometry(clip.subject, clip.view, info.width,
                                       info.height)
        if (self.annotated_upright and clip.annotated
                and clip.view == FRONTAL):
            geometry['rotate'] = 0
        sequence.attributes.update(geometry)
        sequence.num_frames = number
        sequence.frames = {i: Frame(clip.path) for i in range(number)}
        return True

    def record_extras(self, sequence: ExpressionSequence,
                      index: int) -> Dict[str, Any]:
        """Return the number and the geometry of a frame in its video."""
        if _is_video(sequence.frames[index]):
            return dict(video=dict(index=index, **geometry_of(sequence)))
        return {}

    def read_frames(
            self,
            sequence: ExpressionSequence,
            indices: Sequence[int],
            geometry: Optional[Geometry] = None) -> Dict[int, np.ndarray]:
        """Decode frames of a clip and put them upright.

        Args:
            geometry (dict, optional): Another geometry than the documented
                one, such as ``clip_geometry.AS_STORED``. Defaults to None.

        Returns:
            dict[int, np.ndarray]: ``(H, W, 3)`` BGR, uint8, by number.
        """
        frames = [sequence.frames[i] for i in indices]
        if not frames or not _is_video(frames[0]):
            return super().read_frames(sequence, indices)
        found = read_video_frames(frames[0].path, indices)
        geometry = geometry or geometry_of(sequence)
        return {i: upright_frame(f, geometry) for i, f in found.items()}

    def prepared_path(self, sequence: ExpressionSequence, index: int) -> str:
        """Return the path of a frame in the prepared tree."""
        return (f'Sessions/{sequence.attributes["session"]}/'
                f'{sequence.subject}-{sequence.name}/{index:03d}.png')


def _probe(path: str) -> Union[VideoInfo, str]:
    """Decode a video, or return why that fails, to be reported in order."""
    try:
        return probe_video(path)
    except (FileNotFoundError, ValueError) as error:
        return str(error)


def _is_video(frame: Frame) -> bool:
    """Check whether a frame is in a video, not in a prepared tree."""
    return frame.path.lower().endswith('.avi')


def geometry_of(sequence: ExpressionSequence) -> Geometry:
    """Return the documented geometry of a clip."""
    return {key: sequence.attributes[key] for key in ('half', 'rotate')}
