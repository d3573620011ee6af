"""End a tool cleanly on Ctrl-C and SIGTERM."""
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Any, Iterator, List

_HOW = {signal.SIGINT: 'Ctrl-C', signal.SIGTERM: 'SIGTERM'}


@contextmanager
def end_on_signals(advice: str = '') -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process, its workers first.

    Both raise a KeyboardInterrupt in the block, so that it can clean up. The
    second signal ends the process immediately. ``advice`` is how to continue.

    Raises:
        SystemExit: With code 130 after Ctrl-C, 143 after SIGTERM.
    """
    received: List[int] = []
    before = _install(received)
    try:
        yield
    except BaseException as error:
        if not received and not isinstance(error, KeyboardInterrupt):
            raise
        # Workers get the signal, too, and may have caused another error.
        _end(received[0] if received else signal.SIGINT, advice)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _install(received: List[int]) -> dict:
    """Record signals in a list, and return the former handlers."""
    owner = os.getpid()

    def stop(number: int, frame: Any) -> None:
        if os.getpid() != owner:  # a worker that this process forked
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        received.append(number)
        # PyTorch would raise an error for each worker that is ended. Not
        # SIG_DFL: Python warns if it has received the signal already.
        if hasattr(signal, 'SIGCHLD'):
            signal.signal(signal.SIGCHLD, lambda *_: None)
        if len(received) > 1:
            _end_workers()
            os._exit(128 + received[0])
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        return {}
    # Ignored signals stay ignored, as in the background of a script.
    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL
    }
    return {
        number: signal.signal(number, stop)
        for number, handler in usual.items()
        if signal.getsignal(number) is handler
    }


def _end(number: int, advice: str) -> None:
    """End the workers, print what happened, and exit."""
    _end_workers()
    lines = f'\nstopped by {_HOW[signal.Signals(number)]}', advice
    print('; '.join(filter(None, lines)), file=sys.stderr)
    # Not imported: `--help` does not wait for it.
    torch = sys.modules.get('torch')
    if torch and torch.distributed.is_available() and (
            torch.distributed.is_initialized()):
        # Threads of the group would wait for the other processes.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(128 + number)
    sys.exit(128 + number)


def _end_workers() -> None:
    """Kill the workers of loaders, which only poll for their parent."""
    for worker in multiprocessing.active_children():
        worker.kill()
        worker.join()
