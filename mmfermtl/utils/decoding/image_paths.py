"""Check and normalise the paths of images."""
import os.path as osp
from typing import Dict, Tuple

#: Endings of images; Pillow decodes all of them.
IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.bmp', '.tif',
                  '.tiff', '.webp', '.gif', '.pgm', '.ppm', '.pbm', '.pnm',
                  '.avif', '.jp2', '.j2k')


def check_file(path: str) -> None:
    """Raise an error if the file of an image or a video is missing or empty.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has 0 bytes, or is a folder, a device or a pipe.
    """
    hint = 'copy it again from its source, or prepare the dataset again'
    if osp.exists(path) and not osp.isfile(path):
        raise ValueError(f'{path}: found a folder, a device or a pipe, '
                         'expected a file')
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path}: not found; {hint}')
    if osp.getsize(path) == 0:
        raise ValueError(f'{path}: found 0 bytes; {hint}')


class PathsBelow:
    """Give each image below a folder one path.

    Args:
        root (str): The folder.
        follow_links (bool): Whether a link may lead out of it. Defaults to
            False.
    """

    def __init__(self, root: str, follow_links: bool = False) -> None:
        self.root = osp.abspath(root)
        self.real_root = osp.realpath(root)
        self.follow_links = follow_links
        self._folders: Dict[str, str] = {}

    def resolve(self, path: str, where: str) -> Tuple[str, str]:
        """Normalise the path of an image.

        Args:
            path (str): Relative to the folder or absolute; with slashes or
                backslashes.
            where (str): What names it, for the message.

        Returns:
            tuple[str, str]: The path relative to the folder, for example
            ``'happy/a.png'`` for ``'./happy//a.png'``; and the absolute path
            without links, which identifies the file.

        Raises:
            ValueError: If it is not below the folder, or a link leads out of
                it and may not.
        """
        full = osp.join(self.root, path)
        if '\\' in path and not osp.lexists(full):
            full = osp.join(self.root, path.replace('\\', '/'))
        full = osp.normpath(full)
        base = self.root if _is_below(full, self.root) else self.real_root
        relative = osp.relpath(full, base).replace(osp.sep, '/')
        folder, name = osp.split(osp.join(self.root, relative))
        # Resolving a folder once spares many calls to the file system.
        if folder not in self._folders:
            self._folders[folder] = osp.realpath(folder)
        real = osp.join(self._folders[folder], name)
        if osp.islink(real):
            real = osp.realpath(real)
        if not _is_below(full, base) or not (self.follow_links or _is_below(
                real, self.real_root)):
            raise ValueError(
                f'{where}: {path} leads to {real}, outside of data_root='
                f'{self.root!r}; copy the image into it, set `data_root` to '
                'the folder that holds them all, or, for links that you made '
                'yourself, give follow_links=True')
        return relative, real


def _is_below(path: str, root: str) -> bool:
    """Check whether a normal path is inside of a folder."""
    return path.startswith(root.rstrip(osp.sep) + osp.sep)
