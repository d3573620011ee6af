"""Where an image lies, however its path was written."""
import os.path as osp
from typing import Dict

#: Files that are taken for images; all of them Pillow decodes.
IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.bmp', '.tif',
                  '.tiff', '.webp', '.gif', '.pgm', '.ppm', '.pbm', '.pnm',
                  '.avif', '.jp2', '.j2k')


def is_image_name(name: str) -> bool:
    """Whether a file is an image by its suffix."""
    return name.lower().endswith(IMAGE_SUFFIXES)


class PathsBelow:
    """Paths of images below a folder, one for each image.

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

    def relative(self, path: str, where: str) -> str:
        """Write a path relative to the folder, in the one normal form.

        Args:
            path (str): Relative to the folder or absolute; with slashes or
                backslashes.
            where (str): Who names it, for the message.

        Returns:
            str: For example ``'happy/a.png'`` for ``'./happy//a.png'``.

        Raises:
            ValueError: If it is not below the folder.
        """
        full = osp.join(self.root, path)
        if '\\' in path and not osp.lexists(full):
            full = osp.join(self.root, path.replace('\\', '/'))
        full = osp.normpath(full)
        for root in (self.root, self.real_root):
            if _is_below(full, root):
                return osp.relpath(full, root).replace(osp.sep, '/')
        raise self._outside(path, full, where)

    def real(self, relative: str, where: str) -> str:
        """What identifies the file that a path leads to.

        Args:
            relative (str): As from :meth:`relative`.
            where (str): Who names it, for the message.

        Returns:
            str: Its absolute path without links.

        Raises:
            ValueError: If a link leads out of the folder and may not.
        """
        folder, name = osp.split(osp.join(self.root, relative))
        if folder not in self._folders:
            self._folders[folder] = osp.realpath(folder)
        full = osp.join(self._folders[folder], name)
        if osp.islink(full):
            full = osp.realpath(full)
        if not self.follow_links and not _is_below(full, self.real_root):
            raise self._outside(relative, full, where)
        return full

    def _outside(self, path: str, full: str, where: str) -> ValueError:
        return ValueError(
            f'{where}: {path} leads to {full}, outside of data_root='
            f'{self.root!r}; copy the image into it, set `data_root` to the '
            'folder that holds them all, or, for links that you made '
            'yourself, give follow_links=True')


def _is_below(path: str, root: str) -> bool:
    return path.startswith(root.rstrip(osp.sep) + osp.sep)
