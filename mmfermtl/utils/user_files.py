"""Name the folder of files that are brought once for all environments."""
import os.path as osp


def user_file(*parts: str) -> str:
    """Return a path in ``~/.cache/mmfermtl``; nothing is made."""
    return osp.join(osp.expanduser('~'), '.cache', 'mmfermtl', *parts)
