"""The lock of a folder where the system has none of POSIX."""
import builtins
import importlib
from types import SimpleNamespace

import pytest

from mmfermtl.utils import file_lock
from mmfermtl.utils.file_lock import lock_folder


class Msvcrt:
    """Windows' module, which locks bytes of an open file."""

    LK_NBLCK = 2

    def __init__(self):
        self.locked_by_others = False
        self.calls = []

    def locking(self, descriptor, mode, size):
        if self.locked_by_others:
            raise PermissionError(13, 'Permission denied')
        self.calls.append((mode, size))


def test_windows_has_a_lock_too(tmp_path, monkeypatch):
    system = Msvcrt()
    monkeypatch.setattr(file_lock, 'fcntl', None)
    monkeypatch.setattr(file_lock, 'msvcrt', system, raising=False)
    with lock_folder(str(tmp_path), 'at it', 'wait'):
        assert system.calls == [(2, 1)]
        # The text stays readable: it names the process.
        assert ' on ' in (tmp_path / '.lock').read_text()
    system.locked_by_others = True
    with pytest.raises(ValueError, match=r'process \d+ on .* is at it; wait'):
        with lock_folder(str(tmp_path), 'at it', 'wait'):
            pass


def test_the_modules_of_posix_are_not_needed(monkeypatch):
    """Importing the package works where fcntl and resource are absent."""
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name in ('fcntl', 'resource'):
            raise ImportError(name)
        if name == 'msvcrt':
            return SimpleNamespace()
        return real(name, *args, **kwargs)

    from mmfermtl.engine import run_summary
    monkeypatch.setattr(builtins, '__import__', absent)
    try:
        importlib.reload(file_lock)
        importlib.reload(run_summary)
        assert file_lock.fcntl is None
        monkeypatch.setattr(run_summary.sys, 'platform', 'win32')
        monkeypatch.setattr(run_summary.torch.cuda, 'is_available',
                            lambda: False)
        memory = run_summary.peak_memory_mb()
        assert memory != memory
    finally:
        monkeypatch.undo()
        importlib.reload(file_lock)
        importlib.reload(run_summary)
