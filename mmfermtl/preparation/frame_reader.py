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


class SourceFrame(NamedTuple):
    """A frame of the distribution, or why there is none."""

    #: 0-based.
    index: int
    #: ``(H, W, 3)`` BGR.
    image: Optional[np.ndarray]
    #: Why there is no image; empty if there is one.
    fault: str
    #: How the frame of a video was put upright.
    geometry: Optional[Geometry] = None


class FrameReader:
    """Reads the frames of a sequence, one broken file apart from the others.

    Args:
        faces (FrameFaces): Has the detector that tells how a video lies.
    """

    def __init__(self, faces: FrameFaces) -> None:
        self.faces = faces

    def read(self, dataset: SequenceDataset, sequence: ExpressionSequence,
             indices: Tuple[int, ...]) -> Iterator[SourceFrame]:
        """Decode frames.

        Frames of one file, a video, are decoded together.

        Args:
            dataset (SequenceDataset): The dataset.
            sequence (ExpressionSequence): One of its sequences.
            indices (tuple[int]): 0-based numbers.

        Yields:
            SourceFrame: One for each number, in any order.

        Raises:
            DetectorMissingError: If the way that a video lies is to be
                found out and there is no detector.
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
                images, fault = self._decode_each(dataset, sequence, group)
            geometry = None
            if images and _lies_anyhow(dataset, path):
                images, geometry = self._put_upright(dataset, sequence, images)
            for index in group:
                image, why = images.get(index), fault
                if image is not None:
                    why = constant_fault(image, path) or ''
                yield SourceFrame(index, None if why else image, why, geometry)

    def _decode_each(self, dataset: SequenceDataset,
                     sequence: ExpressionSequence,
                     indices: List[int]) -> Tuple[Dict[int, np.ndarray], str]:
        """Decode frames one by one, since together they failed."""
        images, fault = {}, ''
        for index in indices:
            image, why = self._decode(dataset, sequence, [index])
            images.update(image)
            fault = fault or why
        return images, fault

    def _decode(self, dataset: SequenceDataset, sequence: ExpressionSequence,
                indices: List[int]) -> Tuple[Dict[int, np.ndarray], str]:
        path = sequence.frames[indices[0]].path
        try:
            if _lies_anyhow(dataset, path):
                return dataset.read_frames(sequence, indices, AS_STORED), ''
            return dataset.read_frames(sequence, indices), ''
        except (ValueError, FileNotFoundError) as error:
            return {}, str(error)
        except Exception as error:
            # Decoders raise anything at all on a broken file.
            return {}, (f'{path}: cannot be decoded ({type(error).__name__}: '
                        f'{error}); copy it again from the distribution')

    def _put_upright(
        self, dataset: MMI, sequence: ExpressionSequence,
        images: Dict[int,
                     np.ndarray]) -> Tuple[Dict[int, np.ndarray], Geometry]:
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
    """Say that there is no file of a frame."""
    path = next((frame.path for frame in sequence.frames.values()), '')
    return (f'{osp.dirname(path) or sequence.key}: frame {index} is missing '
            'from the tree; copy the sequence again from the distribution')


def _lies_anyhow(dataset: SequenceDataset, path: str) -> bool:
    """Whether it is to be found out how the frames of a file lie."""
    return isinstance(dataset, MMI) and path.lower().endswith('.avi')
