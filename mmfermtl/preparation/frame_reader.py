import os.path as osp
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from ..datasets.mmi import MMI
from ..datasets.mmi.mmi import geometry_of
from ..datasets.sequence_dataset import SequenceDataset
from ..datasets.sequences import ExpressionSequence
from ..utils.decoding.clip_geometry import (AS_STORED, Geometry,
                                            candidate_geometries,
                                            upright_frame)
from ..utils.decoding.face_decoding import constant_fault
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


def read_frames(faces: FrameFaces, dataset: SequenceDataset,
                sequence: ExpressionSequence,
                indices: Tuple[int, ...]) -> Iterator[SourceFrame]:
    """Decode frames; broken files do not affect the others.

    Frames of one file, a video, are decoded together.

    Args:
        faces (FrameFaces): Its detector finds the geometry of videos.
        dataset (SequenceDataset): Decodes the frames.
        sequence (ExpressionSequence): The sequence.
        indices (tuple[int]): 0-based numbers of the frames.

    Yields:
        SourceFrame: One for each number, in any order.

    Raises:
        DetectorMissingError: If the geometry of a video must be found and
            there is no detector.
    """
    groups: Dict[str, List[int]] = {}
    for index in indices:
        if index in sequence.frames:
            path = sequence.frames[index].path
            groups.setdefault(path, []).append(index)
        else:
            path = next((f.path for f in sequence.frames.values()), '')
            yield SourceFrame(
                index, None,
                f'{osp.dirname(path) or sequence.key}: frame {index} is '
                'missing from the tree; copy the sequence again from the '
                'distribution')
    for path, group in groups.items():
        images, fault = _decode(dataset, sequence, group)
        if len(group) > 1 and not images:
            # One broken frame fails them all: decode each by itself.
            fault = ''
            for index in group:
                image, why = _decode(dataset, sequence, [index])
                images.update(image)
                fault = fault or why
        geometry = None
        if images and _is_rotated(dataset, path):
            geometry = _find_geometry(faces, sequence, images)
            images = {i: upright_frame(f, geometry) for i, f in images.items()}
        for index in group:
            image, why = images.get(index), fault
            if image is not None:
                why = constant_fault(image, path) or ''
            yield SourceFrame(index, None if why else image, why, geometry)


def _decode(dataset: SequenceDataset, sequence: ExpressionSequence,
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


def _find_geometry(faces: FrameFaces, sequence: ExpressionSequence,
                   images: Images) -> Geometry:
    candidates = candidate_geometries(geometry_of(sequence))
    if faces.options.align == 'none':
        return candidates[0]
    is_known = sequence.attributes['half'] != 'unknown'
    return choose_geometry(images, candidates, is_known,
                           faces.detector) or candidates[0]


def _is_rotated(dataset: SequenceDataset, path: str) -> bool:
    """Whether the frames of a file may be stored rotated."""
    return isinstance(dataset, MMI) and path.lower().endswith('.avi')
