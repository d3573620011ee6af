"""Collect the files of the private page."""
import json
import os
import os.path as osp
from typing import Dict, NamedTuple, Tuple

from ..inference.calibrated_scores import Calibration
from ..inference.edited_pictures import MARK
from ..inference.face_finding import GEOMETRIES, LARGEST_CROP
from ..inference.model_folder import (CARD_FILE, FILES, inner_file,
                                      read_model_folder)
from ..preparation.alignment import EYE_DISTANCE, EYE_LINE
from ..preparation.face_model import find_face_model
from ..utils.errors import UserError
from ..utils.web_runtime import FILES as RUNTIME_FILES
from ..utils.web_runtime import LICENSE_FILE, find_web_runtime
from ..version import __version__

SETTINGS = 'settings.json'
STATIC = osp.join(osp.dirname(osp.abspath(__file__)), 'static')
#: The kinds of files that the page has. Browsers refuse modules and
#: WebAssembly of another kind.
MIME_TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.mjs': 'text/javascript; charset=utf-8',
    '.json': 'application/json; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
    '.onnx': 'application/octet-stream',
    '.md': 'text/plain; charset=utf-8',
    '.txt': 'text/plain; charset=utf-8',
}
#: What a network may do in the browser, and the page. The runtime compiles
#: WebAssembly; text is never run as code. It is put into index.html, too, for
#: hosts that send no headers of ours.
CONTENT_POLICY = '; '.join((
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
))
#: What the page does without: it could not be read in the browser.
NEEDED = ('recogniser', 'encoder', 'decoder')


class PageFile(NamedTuple):
    """A file of the page."""

    content: bytes
    mime_type: str


def collect_page(model: str,
                 geometry: str = 'ferplus',
                 coverage: float = 0.9) -> Dict[str, PageFile]:
    """Collect all that the page consists of, in memory.

    Every network was compared with its checksum, so that what is served is
    what was checked.

    Args:
        model (str): Folder of ``mmfermtl export``.
        geometry (str): How faces are cut out, a name of
            :data:`~mmfermtl.inference.face_finding.GEOMETRIES`. Defaults to
            ``'ferplus'``.
        coverage (float): Of the sets of a calibrated network. Defaults to
            0.9.

    Returns:
        dict[str, PageFile]: By the path on the host, without a leading
        slash.

    Raises:
        UserError: If the model is malformed, has no recogniser or was not
            calibrated for the coverage, or the runtime is missing or changed.
        FileNotFoundError: If the face detector is missing.
        ValueError: If it was changed.
    """
    contents = _read_static()
    contents.update(_read_model(model, coverage))
    contents['detector/face_detector.onnx'], runtime = find_downloads()
    # The page imports the module, not the script.
    names = [
        osp.basename(name) for name in RUNTIME_FILES
        if not name.endswith('.js')
    ]
    for name in (*names, LICENSE_FILE):
        target = 'LICENSE.txt' if name == LICENSE_FILE else name
        with open(osp.join(runtime, name), 'rb') as file:
            contents[f'runtime/{target}'] = file.read()
    shape = GEOMETRIES[geometry]
    contents[SETTINGS] = _to_json(
        dict(
            version=__version__,
            crop=shape._asdict(),
            tight=dict(eye_distance=EYE_DISTANCE, eye_line=EYE_LINE),
            largest_crop=LARGEST_CROP,
            coverage=coverage,
            mark=MARK,
            # What an export has written, for the next one into its folder.
            files=sorted([*contents, SETTINGS])))
    return {
        path: PageFile(content, MIME_TYPES[osp.splitext(path)[1]])
        for path, content in contents.items()
    }


def find_downloads() -> Tuple[bytes, str]:
    """Find what ``mmfermtl setup --web`` brings.

    Returns:
        tuple[bytes, str]: The face detector, and the folder of the runtime.

    Raises:
        UserError: If the runtime is missing or changed.
        FileNotFoundError: If the face detector is missing.
        ValueError: If it was changed.
    """
    return find_face_model()[1], find_web_runtime()


def _read_static() -> Dict[str, bytes]:
    """Read what belongs to the package: markup, style and modules."""
    contents = {}
    for name in sorted(os.listdir(STATIC)):
        if osp.splitext(name)[1] in MIME_TYPES:
            with open(osp.join(STATIC, name), 'rb') as file:
                contents[name] = file.read()
    contents['index.html'] = contents['index.html'].replace(
        b'@CONTENT_POLICY@', CONTENT_POLICY.encode())
    return contents


def _read_model(root: str, coverage: float) -> Dict[str, bytes]:
    """Read an exported model under the names that the page asks for."""
    folder = read_model_folder(root)
    if not folder.has('recogniser'):
        raise UserError(f'{root}: has no recogniser, which the page shows; '
                        'export a model with a head')
    if folder.calibration is not None:
        # Refuses a coverage that was not calibrated.
        Calibration.from_dict(folder.calibration).thresholds(coverage)
    parts = [part for part in NEEDED if folder.has(part)]
    contents = {
        f'model/{FILES[part]}': folder.read_part(part)
        for part in parts
    }
    height, width = folder.image_size
    if height != width:
        raise UserError(f'{root}: reads faces of {width} x {height} pixels, '
                        'expected square ones; export another model')
    about = dict(folder.description)
    # The page has them under these names, and no other form.
    about['files'] = {
        part: dict(about['files'][part], path=FILES[part])
        for part in parts
    }
    contents['model/model.json'] = _to_json(about)
    card = inner_file(root, CARD_FILE)
    if osp.isfile(card):
        with open(card, 'rb') as file:
            contents[f'model/{CARD_FILE}'] = file.read(1 << 20)
    return contents


def _to_json(content: Dict) -> bytes:
    return json.dumps(content, indent=1).encode()
