"""Read files of an npm package, packed or unpacked, without running it."""
import gzip
import io
import os.path as osp
import tarfile
import zlib
from typing import Optional

from .contained_files import contained_path, is_inner_path

#: Bytes that a package may unpack to, and that one of its files may have.
MAX_PACKAGE = 256 << 20
MAX_FILE = 64 << 20
#: The folder that npm puts every file of a package into.
FOLDER = 'package'


class NpmPackage:
    """The files of an npm package, from a stranger.

    Nothing is unpacked to the disk; a packed one is read into the memory, up
    to a limit. Links and special files are refused.

    Args:
        path (str): A ``.tgz`` file as ``npm pack`` writes it, or a folder
            that it was unpacked to.
        hint (str): How to get the package, for messages. Defaults to ''.

    Raises:
        ValueError: If it is neither, damaged, or too large.
    """

    def __init__(self, path: str, hint: str = '') -> None:
        self.path = path
        self.hint = hint
        self._archive: Optional[tarfile.TarFile] = None
        if osp.isdir(path):
            inner = osp.join(path, FOLDER)
            self._root = inner if osp.isdir(inner) else path
        elif osp.isfile(path):
            self._archive = self._open()
        else:
            raise self._error('no such file or folder')

    def read(self, name: str) -> bytes:
        """Read a file; ``name`` is relative to the root of the package.

        Raises:
            ValueError: If it is missing, no plain file, too large, or named
                so that it lies outside of the package.
        """
        if not is_inner_path(name):
            raise self._error(f'the file name {name!r:.100}',
                              "a relative path without '..'")
        if self._archive is not None:
            return self._read_member(self._archive, f'{FOLDER}/{name}')
        full = contained_path(self._root, name, follow=True)
        if not osp.isfile(full):
            raise self._error(f'no file {name}')
        self._check_size(name, osp.getsize(full))
        with open(full, 'rb') as file:
            return file.read(MAX_FILE)

    def _open(self) -> tarfile.TarFile:
        """Unpack the archive into the memory, and list its files."""
        try:
            with gzip.open(self.path) as file:
                # Not the whole: a small file can unpack to any size.
                content = file.read(MAX_PACKAGE + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self._error(f'a damaged or other file ({error})') from None
        if len(content) > MAX_PACKAGE:
            raise self._error(f'more than {MAX_PACKAGE >> 20} MiB unpacked')
        try:
            archive = tarfile.open(fileobj=io.BytesIO(content), mode='r:')
            archive.getmembers()
        except (tarfile.TarError, ValueError, OverflowError) as error:
            raise self._error(f'a damaged archive ({error})') from None
        return archive

    def _read_member(self, archive: tarfile.TarFile, name: str) -> bytes:
        found = [one for one in archive.getmembers() if one.name == name]
        if len(found) != 1:
            raise self._error(f'{len(found)} files {name}', 'one')
        member = found[0]
        if not member.isreg() or member.issparse():
            raise self._error(f'{name}, which is a link or a special file',
                              'a plain file')
        self._check_size(name, member.size)
        file = archive.extractfile(member)
        content = file.read() if file is not None else b''
        if len(content) != member.size:
            raise self._error(f'{name}, cut off')
        return content

    def _check_size(self, name: str, size: int) -> None:
        if size > MAX_FILE:
            raise self._error(f'{name} of {size} bytes', f'at most {MAX_FILE}')

    def _error(self, found: str, wanted: str = '') -> ValueError:
        wanted = wanted or 'a .tgz file of npm pack, or a folder of its files'
        return ValueError(f'{self.path}: found {found}, expected {wanted}' +
                          f'; {self.hint}' * bool(self.hint))
