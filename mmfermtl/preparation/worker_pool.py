"""Call a method many times, in several processes."""
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, Callable, Iterator, Sequence, Tuple

import cv2

_worker: Any = None


def run_in_parallel(
    build: Callable[[], Any],
    method: str,
    calls: Sequence[Tuple],
    jobs: int,
    advice: str = 'finished sequences stay: run the same '
    'command again to go on, with fewer than --jobs {jobs} '
    'if it happens again'
) -> Iterator[Tuple[int, Any]]:
    """Call a method of an object, built in each process, many times.

    Args:
        build (Callable): Builds the object; it can be pickled.
        method (str): Name of the method.
        calls (Sequence[tuple]): The arguments of each call.
        jobs (int): Number of processes; 1 stays in this one.
        advice (str): What to do if a process was killed.

    Yields:
        tuple[int, Any]: Number of a call and its result, in any order.

    Raises:
        ValueError: If a process was killed from outside.
    """
    jobs = min(jobs, len(calls))
    if jobs <= 1:
        worker = build() if calls else None
        for number, arguments in enumerate(calls):
            yield number, getattr(worker, method)(*arguments)
        return
    pool = ProcessPoolExecutor(
        jobs,
        mp_context=_context(),
        initializer=_start_worker,
        initargs=(build, ))
    try:
        with _interrupts_ignored():
            futures = {
                pool.submit(_call, method, arguments): number
                for number, arguments in enumerate(calls)
            }
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    except BrokenProcessPool:
        raise ValueError(
            'a worker process was killed, perhaps because memory ran out; '
            f'{advice.format(jobs=jobs)}') from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _context() -> Any:
    """Choose how workers are started.

    A fork of this process could inherit a lock that a thread of OpenCV or
    PyTorch holds. The fork server has no threads, and imports only once.
    """
    if 'forkserver' not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['__main__', __name__])
    return context


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let the fork server, which is started in the block, ignore Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start_worker(build: Callable[[], Any]) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # The pool has a process for each core.
    cv2.setNumThreads(1)
    _worker = build()


def _end_with_parent() -> None:
    """End this worker with its parent, for whose tasks it would wait."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _call(method: str, arguments: Tuple) -> Any:
    return getattr(_worker, method)(*arguments)
