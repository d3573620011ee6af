import os.path as osp
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from ..datasets.decoding.clip_geometry import (AS_STORED, Geometry,
                                               upright_frame)
from ..datasets.decoding.face_decoding import constant_fault
from ..datasets.mmi import MMI
from ..datasets.sequence_dataset import SequenceDataset
from ..datasets.sequences import ExpressionSequence
from .frame_faces import FrameFaces
from .frame_geometry import choose_geometry

#: Frames ``(H, W, 3)`` uint8 BGR by number.
Images = Dict[int, np.ndarray]


class SourceFrame(NamedTuple):
    """A frame of the distribution, or why it cannot be read."""

    #: 0-based.
    index: int
    #: ``(H, W, 3)`` uint8 BGR.
    image: Optional[np.ndarray]
    #: Why there is no image; empty if there is one.
    fault: str
    #: How the frame of a video was turned upright.
    geometry: Optional[Geometry] = None


class FrameReader:
    """Read the frames of a sequence; broken files do not affect the others.

    Args:
        faces (FrameFaces): Its detector finds the geometry of videos.
    """

    def __init__(self, faces: FrameFaces) -> None:
        self.faces = faces

    def read(self, dataset: SequenceDataset, sequence: ExpressionSequence,
             indices: Tuple[int, ...]) -> Iterator[SourceFrame]:
        """Decode frames by their 0-based numbers.

        Frames of one file, a video, are decoded together.

        Yields:
            SourceFrame: One for each number, in any order.

        Raises:
            DetectorMissingError: If the geometry of a video must be found
                and there is no detector.
        """
        groups: Dict[str, List[int]] = {}
        for index in indices:
            if index in sequence.frames:
                path = sequence.frames[index].path
                groups.setdefault(path, []).append(index)
            else:
                yield SourceFrame(index, None, _gap(sequence, index))
        for path, group in groups.items():
            images, fault = self._decode(dataset, sequence, group)
            if len(group) > 1 and not images:
                # One broken frame fails them all: decode each by itself.
                fault = ''
                for index in group:
                    image, why = self._decode(dataset, sequence, [index])
                    images.update(image)
                    fault = fault or why
            geometry = None
            if images and _is_rotated(dataset, path):
                images, geometry = self._turn_upright(dataset, sequence,
                                                      images)
            for index in group:
                image, why = images.get(index), fault
                if image is not None:
                    why = constant_fault(image, path) or ''
                yield SourceFrame(index, None if why else image, why, geometry)

    def _decode(self, dataset: SequenceDataset, sequence: ExpressionSequence,
                indices: List[int]) -> Tuple[Images, str]:
        """Decode frames of one file; return none and the fault on failure."""
        path = sequence.frames[indices[0]].path
        try:
            if _is_rotated(dataset, path):
                return dataset.read_frames(sequence, indices, AS_STORED), ''
            return dataset.read_frames(sequence, indices), ''
        except (ValueError, FileNotFoundError) as error:
            return {}, str(error)
        except Exception as error:
            # Decoders raise anything at all on a broken file.
            return {}, (f'{path}: cannot be decoded ({type(error).__name__}: '
                        f'{error}); copy it again from the distribution')

    def _turn_upright(self, dataset: MMI, sequence: ExpressionSequence,
                      images: Images) -> Tuple[Images, Geometry]:
        candidates = dataset.geometry_candidates(sequence)
        geometry = candidates[0]
        if self.faces.options.align != 'none':
            is_known = sequence.attributes['half'] != 'unknown'
            geometry = choose_geometry(images, candidates, is_known,
                                       self.faces.detector) or geometry
        return {
            i: upright_frame(f, geometry)
            for i, f in images.items()
        }, geometry


def _gap(sequence: ExpressionSequence, index: int) -> str:
    """Describe a frame without a file."""
    path = next((frame.path for frame in sequence.frames.values()), '')
    return (f'{osp.dirname(path) or sequence.key}: frame {index} is missing '
            'from the tree; copy the sequence again from the distribution')


def _is_rotated(dataset: SequenceDataset, path: str) -> bool:
    """Whether the frames of a file may be stored rotated."""
    return isinstance(dataset, MMI) and path.lower().endswith('.avi')
