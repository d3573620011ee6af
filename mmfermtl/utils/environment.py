"""Describe the code, the packages and the machine of a run."""
import hashlib
import os
import os.path as osp
import platform
import shutil
import subprocess
from glob import glob
from importlib import metadata
from typing import Any, Dict, Iterator, List, Optional

from ..version import __version__
from .contained_files import file_sha256
from .errors import PACKAGE_DIR

#: Both OpenMMLab stacks, and the small builds.
DISTRIBUTIONS = dict(
    mmengine=('onedl-mmengine', 'mmengine', 'mmengine-lite'),
    mmcv=('onedl-mmcv', 'mmcv', 'mmcv-lite'),
    mmpretrain=('onedl-mmpretrain', 'mmpretrain'))


def describe_environment() -> Dict[str, Any]:
    """Collect ``versions``, ``code`` and ``hardware`` of this process."""
    # Here, so that the rest of this file works without PyTorch.
    import cv2
    import numpy as np
    import torch
    versions = dict(
        python=platform.python_version(),
        torch=torch.__version__,
        numpy=np.__version__,
        opencv=cv2.__version__,
        mmfermtl=__version__)
    for name, candidates in DISTRIBUTIONS.items():
        found = (installed_distribution(candidate) for candidate in candidates)
        versions[name] = next((text for text in found if text), None)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return dict(
        versions=versions,
        code=dict(git=_git_commit(), sha256=_code_hash()),
        hardware=dict(
            cpu=cpu_model(),
            cores=available_cores(),
            threads=torch.get_num_threads(),
            bf16_units=bf16_units(),
            gpu=gpu))


def available_cores() -> int:
    """Count the CPU cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def bf16_units() -> Optional[List[str]]:
    """List the instructions of this processor that multiply bfloat16.

    Returns:
        list[str], optional: Of ``avx512_bf16``, ``amx_bf16`` and, on Arm,
        ``bf16``; None where the system does not tell.
    """
    for line in _cpu_info('flags', 'Features'):
        known = ('avx512_bf16', 'amx_bf16', 'bf16')
        return [name for name in known if name in line.split()]
    return None


def installed_distribution(name: str) -> Optional[str]:
    """Name and version of a distribution, if it is there."""
    try:
        return f'{name} {metadata.version(name)}'
    except metadata.PackageNotFoundError:
        return None


def cpu_model() -> str:
    """Model name of the processor."""
    for value in _cpu_info('model name'):
        return value
    return platform.processor() or platform.machine()


def _cpu_info(*names: str) -> Iterator[str]:
    """Read the values of fields of /proc/cpuinfo, if there is one."""
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            for line in file:
                name, _, value = line.partition(':')
                if name.strip() in names:
                    yield value.strip()
    except OSError:
        pass


def _code_hash() -> str:
    """Hash the package's files, so that edited code is recognised."""
    digest = hashlib.sha256()
    for path in sorted(
            glob(osp.join(PACKAGE_DIR, '**', '*.py'), recursive=True)):
        name = osp.relpath(path, PACKAGE_DIR)
        digest.update(f'{name} {file_sha256(path)}\n'.encode())
    return digest.hexdigest()


def _git_commit() -> Optional[str]:
    """Commit of the repository that has the package, if there is one."""
    root = osp.dirname(PACKAGE_DIR)
    if shutil.which('git') is None or not osp.exists(osp.join(root, '.git')):
        return None
    # Both print nothing where they fail.
    commit, edited = (
        subprocess.run(['git', '-C', root, *args],
                       capture_output=True,
                       text=True).stdout.strip()
        for args in (('rev-parse', '--verify', 'HEAD'),
                     ('status', '--porcelain', '--', 'mmfermtl')))
    return f'{commit} with changes' if commit and edited else commit or None
