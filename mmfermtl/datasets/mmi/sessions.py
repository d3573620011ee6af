"""Find the clips of MMI in its session folders."""
import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, NamedTuple, Optional, Tuple

from ...utils.file_tree import walk_files
from .annotations import read_emotion, read_view

# Published names have blanks in odd places: 'S001 -112', 'S046-008 '.
_CLIP = re.compile(r'(S\d{3})\s*-\s*(\d{3})', re.IGNORECASE)


class Clip(NamedTuple):
    """One video with the labels of its session."""

    path: str
    subject: str
    name: str  # number among the clips of the subject, '004'
    session: str  # number of the session, the name of its folder
    view: int  # 0 frontal, 1 profile, 2 both side by side
    emotion: Optional[int]  # None if the clip has none
    annotated: bool  # whether the action units have marks in time


def find_clips(root: str, problems: List[str]) -> List[Clip]:
    """Find all clips below a folder, each one once.

    ``problems`` receives a sentence for each session that cannot be used.
    """
    folders: Dict[str, List[str]] = defaultdict(list)
    for folder, name in walk_files(root, problems):
        if osp.splitext(name)[1].lower() in ('.avi', '.xml'):
            folders[folder].append(name)
    clips: Dict[Tuple[str, str], Clip] = {}
    for folder, names in folders.items():
        try:
            clip = _read_session(folder, names)
        except ValueError as error:
            problems.append(str(error))
            continue
        if clip is None:
            continue
        first = clips.setdefault((clip.subject, clip.name), clip)
        if first is not clip:
            problems.append(f'{clip.path}: clip {clip.subject}-{clip.name} '
                            f'is in {first.path} too, which is used; remove '
                            'one of the two sessions')
    return list(clips.values())


def _read_session(folder: str, names: List[str]) -> Optional[Clip]:
    """Read one folder; return None if it is no session."""
    videos = [n for n in names if n.lower().endswith('.avi')]
    texts = {_key(n): n for n in names if n.lower().endswith('.xml')}
    marks = [k for k in texts if k.upper().endswith('-OAO_AUCS')]
    about = [k for k in texts if _CLIP.fullmatch(k)]
    if not videos and not about and 'session' not in texts:
        return None
    if len(videos) != 1:
        raise ValueError(f'{folder}: found {len(videos)} videos '
                         f'{sorted(videos)}, expected one .avi file in each '
                         'session folder; download the session again')
    path, key = osp.join(folder, videos[0]), _key(videos[0])
    match = _CLIP.fullmatch(key)
    if match is None:
        raise ValueError(f'{path}: the name is not like S035-004.avi; rename '
                         'it as in the distribution or remove it')
    for wanted in (key, 'session'):
        if wanted not in texts:
            raise ValueError(f'{path}: {wanted}.xml is missing beside it, '
                             f'found {sorted(texts.values())}; download the '
                             'session again')
    return Clip(path,
                match.group(1).upper(), match.group(2), osp.basename(folder),
                read_view(osp.join(folder, texts['session'])),
                read_emotion(osp.join(folder, texts[key])), bool(marks))


def _key(name: str) -> str:
    """Normalise the name of a file: no blanks, one case, no extension."""
    stem = re.sub(r'\s+', '', osp.splitext(name)[0])
    return stem.lower() if stem.lower() == 'session' else stem.upper()
