"""Bring ONNX Runtime for browsers, which the private page runs networks with.

The version is pinned by the checksum that npm has for its archive, and each
file that is used by one of its own.
"""
import base64
import hashlib
import os.path as osp
from tempfile import TemporaryDirectory
from typing import Callable, Optional, Sequence

from .atomic_files import write_whole
from .contained_files import file_sha256
from .errors import UserError
from .npm_package import NpmPackage
from .package_download import download_npm_package
from .user_files import user_file

NAME, VERSION = 'onnxruntime-web', '1.30.0'
PACKAGE = f'{NAME}@{VERSION}'
#: What npm calls ``dist.integrity``: of the archive.
INTEGRITY = ('sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4r'
             'KY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==')
#: Bytes that the archive may have: twice what it has.
MAX_ARCHIVE = 64 << 20
#: The build for CPUs, as a script and as a module, and their SHA-256. The
#: other 500 files, of GPUs and of Node.js, are left out.
FILES = {
    'dist/ort.wasm.min.js':
    'faece07e84faa9001f5104bbe4e5c70861d06cb2376a0dea1fa0ad33a67adc81',
    'dist/ort.wasm.min.mjs':
    '219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b',
    'dist/ort-wasm-simd-threaded.mjs':
    'e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b',
    'dist/ort-wasm-simd-threaded.wasm':
    '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2',
}
#: The archive names its licence, but does not hold the text.
LICENSE_FILE = 'LICENSE'
LICENSE = f"""{NAME} {VERSION}
Notices of the software that it contains:
https://github.com/microsoft/onnxruntime/blob/v{VERSION}/ThirdPartyNotices.txt

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def web_runtime_folder() -> str:
    """Name the folder of this version; nothing is made."""
    return user_file(f'{NAME}-{VERSION}')


def find_web_runtime(folder: Optional[str] = None) -> str:
    """Find the files of the runtime and verify them.

    Args:
        folder (str, optional): Where they are. Defaults to None,
            :func:`web_runtime_folder`.

    Returns:
        str: The folder, which holds the base names of ``FILES`` and
        ``LICENSE_FILE``.

    Raises:
        UserError: If a file is missing or has another checksum.
    """
    folder = folder or web_runtime_folder()
    for name, sha256 in FILES.items():
        path = osp.join(folder, osp.basename(name))
        found = file_sha256(path)
        if found != sha256:
            state = 'is missing' if found is None else (
                f'has the SHA-256 {found}, expected {sha256}')
            raise UserError(f'{path}, a part of {PACKAGE}, {state}; run '
                            '`mmfermtl setup --web`, which brings it')
    return folder


def bring_web_runtime(source: Optional[str] = None,
                      folder: Optional[str] = None,
                      say: Callable[[str], None] = print,
                      npm: Optional[Sequence[str]] = None) -> str:
    """Put the files of the runtime into a folder.

    Args:
        source (str, optional): The ``.tgz`` file of ``npm pack``. Defaults
            to None: npm downloads it.
        folder (str, optional): Defaults to None, :func:`web_runtime_folder`.
        say (Callable[[str], None]): Prints what is done. Defaults to print.
        npm (Sequence[str], optional): See :func:`~mmfermtl.utils.
            package_download.download_npm_package`.

    Returns:
        str: The folder.

    Raises:
        UserError: If the download fails.
        ValueError: If a file is not what it should be.
        OSError: If a file cannot be read or written.
    """
    folder = folder or web_runtime_folder()
    say(f'Runtime of the private page: {PACKAGE}, 14 MB, MIT licence')
    try:
        find_web_runtime(folder)
        say(f'  is there already, SHA-256 verified: {folder}')
        return folder
    except UserError:
        pass
    if source is not None:
        _extract(source, folder)
    else:
        say('  downloading it by npm (33 MB): it is not installed, and '
            'nothing of it is run')
        with TemporaryDirectory(prefix='mmfermtl-') as temporary:
            try:
                archive = download_npm_package(PACKAGE, temporary, npm)
            except UserError as error:
                raise UserError(
                    f'{PACKAGE} was not downloaded: {error}. Where there is '
                    f'npm and a network, `npm pack {PACKAGE}` gives a .tgz '
                    'file: copy it here and run `mmfermtl setup --web --from '
                    'FILE.tgz`') from None
            _extract(archive, folder)
    say(f'  SHA-512 of the archive and SHA-256 of {len(FILES)} files verified')
    say(f'  written, with the licence: {folder}')
    return folder


def _extract(archive: str, folder: str) -> None:
    """Verify an archive, and write the files that are used."""
    found = _integrity(archive)
    if found != INTEGRITY:
        raise ValueError(f'{archive} is not {PACKAGE}: found {found}, '
                         f'expected {INTEGRITY}')
    package = NpmPackage(archive, f'give the file of `npm pack {PACKAGE}`')
    content = {name: package.read(name) for name in FILES}
    for name, data in content.items():
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != FILES[name]:
            raise ValueError(f'{archive}: {name} has the SHA-256 {sha256}, '
                             f'expected {FILES[name]}')
    write_whole(osp.join(folder, LICENSE_FILE), LICENSE.encode())
    for name, data in content.items():
        write_whole(osp.join(folder, osp.basename(name)), data)


def _integrity(path: str) -> str:
    """Compute the checksum of an archive in the notation of npm."""
    size = osp.getsize(path)
    if size > MAX_ARCHIVE:
        raise ValueError(f'{path}: found {size} bytes, expected at most '
                         f'{MAX_ARCHIVE}')
    digest = hashlib.sha512()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return 'sha512-' + base64.b64encode(digest.digest()).decode()
