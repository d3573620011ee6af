import os
import os.path as osp
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

from ...utils.allocator import allocator_variables
from ...utils.contained_files import contained_path
from ...utils.environment import available_cores
from ...utils.errors import PACKAGE_DIR
from .run_key import RunKey
from .run_progress import RunProgress
from .study_folder import LOG, StudyFolder

#: Seconds between two polls of the processes.
_PAUSE = 0.2
#: Lines of a failed run's log that are shown.
_TAIL = 4


class FailedRun(NamedTuple):
    """A run that ended without a result."""

    key: RunKey
    #: How the process ended.
    reason: str
    log: str
    #: The last lines of the log.
    lines: List[str]


class _Process(NamedTuple):
    """The process of a run."""

    key: RunKey
    popen: subprocess.Popen
    #: Size of the log when the process was started.
    offset: int


@dataclass
class RunPool:
    """Train the runs of a study in processes of their own, some at a time.

    Each process gets one GPU if there are any, and on the CPU its share of
    the cores. However this process ends, those that it started end too.
    """

    study: StudyFolder
    #: Number of concurrent runs.
    jobs: int
    #: As ``CUDA_VISIBLE_DEVICES`` names them; none for the CPU.
    gpus: Sequence[str]
    progress: RunProgress
    #: Gives the command of a run, if not that of :mod:`single_run`.
    command: Optional[Callable[[RunKey], List[str]]] = None
    _running: Dict[int, _Process] = field(default_factory=dict)

    def run(self, keys: Sequence[RunKey]) -> List[FailedRun]:
        """Train runs, and list those that failed; the others go on."""
        waiting, failed = list(keys), []
        # One thread starts, polls and kills: a thread pool would need a lock
        # so that no process is started while the others are being killed.
        try:
            while waiting or self._running:
                for slot in range(self.jobs):
                    if waiting and slot not in self._running:
                        self._running[slot] = self._start(slot, waiting.pop(0))
                time.sleep(_PAUSE)
                for slot, process in list(self._running.items()):
                    if process.popen.poll() is not None:
                        del self._running[slot]
                        failed += self._finish(process)
                self.progress.update([p.key for p in self._running.values()])
        finally:
            for process in self._running.values():
                _kill(process.popen)
        return failed

    def _start(self, slot: int, key: RunKey) -> _Process:
        """Start a run in a slot."""
        log = self._log(key)
        os.makedirs(osp.dirname(log), exist_ok=True)
        with open(log, 'ab') as file:
            offset = file.tell()
            # The run ends when the pipe to its input closes, and its session
            # is the process group of its workers.
            popen = subprocess.Popen(
                (self.command or self._command)(key),
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self._environment(slot),
                start_new_session=True)
        return _Process(key, popen, offset)

    def _command(self, key: RunKey) -> List[str]:
        return [
            sys.executable, '-m', f'{__package__}.single_run', self.study.path,
            f'--seed={key.seed}', f'--fold={key.fold}',
            f'--config-sha256={self.study.vouched or ""}'
        ] + ['--nested'] * key.nested

    def _environment(self, slot: int) -> Dict[str, str]:
        """Set what the user has not set, and the GPU of a slot."""
        threads = max(1, available_cores() // self.jobs)
        variables = {
            **allocator_variables(), 'OMP_NUM_THREADS': str(threads),
            **os.environ, 'LOCAL_RANK': '0'
        }
        if self.gpus:
            variables['CUDA_VISIBLE_DEVICES'] = self.gpus[slot %
                                                          len(self.gpus)]
        # The package may be run from a folder where it is not installed.
        paths = [osp.dirname(PACKAGE_DIR), variables.get('PYTHONPATH')]
        variables['PYTHONPATH'] = os.pathsep.join(p for p in paths if p)
        return variables

    def _log(self, key: RunKey) -> str:
        return contained_path(self.study.run_dir(key), LOG, follow=True)

    def _finish(self, process: _Process) -> List[FailedRun]:
        """Report a run that has ended; list it if it failed."""
        process.popen.stdin.close()
        code, log = process.popen.returncode, self._log(process.key)
        done = self.study.read_done(process.key) if code == 0 else None
        if done is not None:
            self.progress.finish(process.key, done)
            return []
        reason = f'exit code {code}'
        if code < 0:
            reason = f'killed by {signal.Signals(-code).name}'
        elif code == 0:
            reason = 'ended without a result'
        with open(log, encoding='utf-8', errors='replace') as file:
            file.seek(process.offset)
            lines = [line.rstrip() for line in file if line.strip()]
        self.progress.fail(process.key, reason)
        return [FailedRun(process.key, reason, log, lines[-_TAIL:])]


def _kill(popen: subprocess.Popen) -> None:
    """Kill a process and its workers; a run can be resumed at any point."""
    try:
        os.killpg(popen.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    popen.wait()
