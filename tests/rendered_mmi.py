"""A tree of MMI with rendered faces in real videos, and single videos.

Subjects, class counts and the sizes of both kinds of folds are the published
ones. How many clips a subject has and what it shows are made up so that they
meet all of these, but for the few that are published: one clip of S006, S015
and S016, 17 of S049, and S002-106 shows fear.
"""
import functools
import os
import os.path as osp
from contextlib import contextmanager
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

import av
import numpy as np
from rendered_trees import render_image

from mmfermtl.utils.decoding.clip_geometry import FRONTAL_HALF

# Its encoder would print to the terminal.
os.environ.setdefault('SVT_LOG', '0')

CODES = dict(anger=1, disgust=2, fear=3, happiness=4, sadness=5, surprise=6)
#: Of the 208 clips in use.
CLASS_SEQUENCES = dict(
    anger=33, disgust=32, fear=28, happiness=42, sadness=32, surprise=41)
FOLD_SEQUENCES = (25, 25, 13, 20, 20, 19, 16, 27, 25, 18)
#: Test images of FMPN-FER's contiguous blocks, from the last block on.
BLOCK_IMAGES = (63, 108, 90, 39, 63, 69, 72, 27, 15, 78)
SUBJECT_SEQUENCES: Dict[str, int] = dict(
    S001=10, S002=12, S003=4, S005=3, S006=1, S015=1, S016=1, S028=5, S030=3,
    S031=11, S032=3, S033=10, S034=3, S035=5, S036=7, S037=8, S038=6, S039=5,
    S040=10, S041=3, S042=7, S043=3, S044=6, S045=12, S046=12, S047=10,
    S048=9, S049=17, S050=12, S053=4, S054=5)  # yapf: disable
#: The clips that FMPN-FER's list lacks.
NOT_USED = [('S002', 6, 'fear'), ('S021', 1, 'happiness'),
            ('S021', 2, 'happiness'), ('S021', 3, 'surprise'),
            ('S021', 4, 'surprise')]
#: Encoder, pixel format, number of frames.
CODECS = {
    'MJPG': ('mjpeg', 'yuvj420p', 9),
    'MPEG-4': ('mpeg4', 'yuv420p', 12),
    'AV1': ('libsvtav1', 'yuv420p', 10)
}
_OPTIONS = dict(libsvtav1=dict(preset='12'))


@contextmanager
def same_scheduling() -> Iterator[None]:
    """Undo that libsvtav1 makes a process of root a real-time one.

    It would keep all others from the processors.
    """
    if not hasattr(os, 'sched_getscheduler'):
        yield
        return
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, param)


def write_video(path: str,
                frames: Sequence[np.ndarray],
                encoder: str,
                pixels: str = 'yuv420p',
                **options: str) -> str:
    """Encode BGR frames; the ending of ``path`` chooses the container."""
    with same_scheduling(), av.open(path, 'w') as container:
        stream = container.add_stream(
            encoder, rate=25, options={
                **_OPTIONS.get(encoder, {}),
                **options
            })
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        stream.bit_rate = 4_000_000
        for frame in frames:
            image = av.VideoFrame.from_ndarray(frame, 'bgr24')
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    return path


def intensities(number: int) -> List[float]:
    """From neutral to the peak at ``number // 2`` and back."""
    peak = number // 2
    return [1 - abs(i - peak) / peak for i in range(number)]


def frontal(subject: str, expression: str, intensity: float, width: int,
            height: int) -> np.ndarray:
    """An upright BGR frame with one face in the middle."""
    size = min(width, height)
    frame = np.full((height, width, 3), 90, np.uint8)
    top, left = (height - size) // 2, (width - size) // 2
    face = render_image(subject, expression, intensity, size)
    frame[top:top + size, left:left + size] = face[..., None]
    return frame


def _from_the_side(width: int, height: int) -> np.ndarray:
    """Something that is no frontal face."""
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2) / width)**2 + ((y - height / 2) / height)**2
    frame = np.where(inside < 0.1, 170, 60) + 40 * (x > 0.7 * width)
    return np.repeat(frame.astype(np.uint8)[..., None], 3, 2)


def stored_frames(subject: str, view: int, expression: str,
                  number: int) -> List[np.ndarray]:
    """Frames as the distribution stores them, at a quarter of the size."""
    frames = []
    for intensity in intensities(number):
        if view == 1:
            frame = _from_the_side(180, 144)
        elif view == 2:
            halves = [
                frontal(subject, expression, intensity, 90, 144),
                _from_the_side(90, 144)
            ]
            if FRONTAL_HALF.get(subject) == 'right':
                halves.reverse()
            frame = np.concatenate(halves, axis=1)
        elif subject in ('S053', 'S054'):
            frame = frontal(subject, expression, intensity, 160, 120)
        else:
            frame = np.rot90(frontal(subject, expression, intensity, 144, 180))
        frames.append(np.ascontiguousarray(frame))
    return frames


class RenderedClip(NamedTuple):
    """What a session of the tree holds."""

    subject: str
    number: int
    view: int
    code: Optional[int]
    expression: str

    @property
    def codec(self) -> str:
        """str: A key of :data:`CODECS`."""
        return list(CODECS)[self.number % 3]

    @property
    def num_frames(self) -> int:
        """int: Length of its video."""
        return CODECS[self.codec][2]


def _used_clips() -> Iterator[RenderedClip]:
    left = dict(CLASS_SEQUENCES)
    for subject, count in SUBJECT_SEQUENCES.items():
        view = 2 if subject in FRONTAL_HALF else 0
        numbers = [
            n for n in range(1, count + 2) if (subject, n) != ('S002', 6)
        ][:count]
        names: List[str] = []
        for _ in numbers:
            name = min((c for c in left if left[c]),
                       key=lambda c: (names.count(c), -left[c], c))
            names.append(name)
            left[name] -= 1
        for number, name in zip(numbers, names):
            yield RenderedClip(subject, number, view, CODES[name], name)
    assert not any(left.values())


def mmi_clips() -> List[RenderedClip]:
    """All clips of the tree, those that are not for use last."""
    clips = list(_used_clips())
    for subject, number, name in NOT_USED:
        view = 2 if subject in FRONTAL_HALF else 0
        clips.append(RenderedClip(subject, number, view, CODES[name], name))
    clips += [
        RenderedClip('S035', 90 + k, 0, None, 'surprise') for k in range(3)
    ]
    clips.append(RenderedClip('S028', 90, 1, 1, 'anger'))
    clips.append(RenderedClip('S031', 90, 0, 7, 'anger'))
    return clips


def write_session(folder: str,
                  name: str,
                  video: bytes,
                  view: int,
                  code: Optional[int],
                  annotated: bool = False) -> str:
    """Write the files of one session; returns the path of the video."""
    os.makedirs(folder, exist_ok=True)
    tag = '' if code is None else f'<Metatag Name="Emotion" Value="{code}"/>'
    texts = {
        'session':
        f'<session sessionId="{osp.basename(folder)}"><track '
        f'type="Video" view="{view}" filename="{name}.avi">'
        f'<annotation filename="{name}.xml"/></track></session>',
        name:
        f'<clip><Metatag Name="Comment" Value=""/>{tag}</clip>'
    }
    if annotated:
        texts[f'{name}-oao_aucs'] = (
            '<ActionUnits><ActionUnit Number="12"><Marker Frame="3" '
            'Type="1"/></ActionUnit></ActionUnits>')
    for stem, text in texts.items():
        with open(osp.join(folder, f'{stem}.xml'), 'w') as file:
            file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')
    path = osp.join(folder, f'{name}.avi')
    with open(path, 'wb') as file:
        file.write(video)
    return path


@functools.lru_cache(maxsize=None)
def _encoded(folder: str, subject: str, view: int, codec: str,
             expression: str) -> bytes:
    encoder, pixels, number = CODECS[codec]
    path = osp.join(folder, 'part.avi')
    write_video(path, stored_frames(subject, view, expression, number),
                encoder, pixels)
    with open(path, 'rb') as file:
        content = file.read()
    os.remove(path)
    return content


def render_mmi(root: str,
               clips: Optional[Sequence[RenderedClip]] = None) -> str:
    """Write a tree of two downloads.

    All clips of one geometry show the face of one subject, which saves
    time.

    Args:
        root (str): Folder to write into.
        clips (Sequence[RenderedClip], optional): Defaults to all.

    Returns:
        str: ``root``.
    """
    os.makedirs(root, exist_ok=True)
    for k, clip in enumerate(mmi_clips() if clips is None else clips):
        download = ('mmi-facial-expression-database_download_2018-12-'
                    f'{29 + k % 2}_13_28_54')
        folder = osp.join(root, download, 'Sessions', str(1801 + k))
        name = f'{clip.subject}-{100 + clip.number}'
        name = {
            'S001-102': 'S001 -102',
            'S046-108': 'S046-108 '
        }.get(name, name)
        write_session(
            folder, name,
            _encoded(root, _face_of(clip), clip.view, clip.codec,
                     clip.expression) + _junk(name), clip.view, clip.code,
            clip.code is None)
    return root


def _junk(text: str) -> bytes:
    """A chunk that players pass over: no two files are the same."""
    content = text.ljust(16).encode()
    return b'JUNK' + len(content).to_bytes(4, 'little') + content


def _face_of(clip: RenderedClip) -> str:
    if clip.view == 2:
        return 'S001' if FRONTAL_HALF[clip.subject] == 'right' else 'S003'
    return 'S053' if clip.subject in ('S053', 'S054') else 'S035'


def rendered_frame(clip: RenderedClip, index: int) -> np.ndarray:
    """Return the upright frame that was rendered."""
    face = _face_of(clip)
    width, height = dict(S053=(160, 120), S035=(144, 180)).get(face, (90, 144))
    return frontal(face, clip.expression,
                   intensities(clip.num_frames)[index], width, height)
