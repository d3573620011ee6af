"""Which packages are there, whether they are new enough and load."""
import platform
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import List, NamedTuple, Optional, Tuple

from ...utils.environment import DISTRIBUTIONS
from ...version import __version__
from .check import NOTE, OK, PROBLEM, Check

GROUP = 'packages'
PYTHON_FLOOR = '3.10'
#: What packages are for. Those of a backend are needed by it alone.
ALWAYS, TORCH, ONNX, OPTIONAL = 'always', 'torch', 'onnx', 'optional'


class Package(NamedTuple):
    """A package, by the module that it installs."""

    module: str
    #: Names that pip knows it by, the usual one first.
    distributions: Tuple[str, ...]
    #: Lowest version, '' if any will do.
    floor: str
    purpose: str


PACKAGES = (
    Package('numpy', ('numpy', ), '1.22', ALWAYS),
    Package('cv2', ('opencv-python', 'opencv-python-headless',
                    'opencv-contrib-python', 'opencv-contrib-python-headless'),
            '4.11', ALWAYS),
    Package('torch', ('torch', ), '2.4', TORCH),
    Package('mmengine', DISTRIBUTIONS['mmengine'], '0.10.4', TORCH),
    Package('mmcv', DISTRIBUTIONS['mmcv'], '2.0.1', TORCH),
    Package('safetensors', ('safetensors', ), '0.4', TORCH),
    Package('onnxruntime', ('onnxruntime', 'onnxruntime-gpu'), '', ONNX),
    Package('mmpretrain', DISTRIBUTIONS['mmpretrain'], '1.2', OPTIONAL),
    Package('torchvision', ('torchvision', ), '', OPTIONAL),
    Package('av', ('av', ), '14.2', OPTIONAL),
    Package('PIL', ('pillow', ), '9.4', OPTIONAL),
    Package('matplotlib', ('matplotlib', ), '3.5', OPTIONAL),
    Package('rich', ('rich', ), '12', OPTIONAL),
    Package('skimage', ('scikit-image', ), '0.19.3', OPTIONAL),
    Package('scipy', ('scipy', ), '1.7', OPTIONAL),
)
_USES = dict(
    av='to read films',
    mmpretrain='its parts in configs',
    onnxruntime='to run exported models without PyTorch',
    torch='to train, and to run models that were not exported',
    torchvision='to train')

#: What OpenCV with windows needs and servers lack.
OPENCV_FIX = (
    'install the libraries of the system that it uses (on Debian and Ubuntu: '
    'apt-get install libgl1 libglib2.0-0 libxcb1), or the build without '
    'windows, opencv-python-headless, in its place')


def check_packages(packages: Tuple[Package, ...] = PACKAGES) -> List[Check]:
    """Check Python and the packages.

    A package that is there must load and be new enough, unless it is
    optional. One that is missing is a problem if everything needs it, or if
    with it no network can be run at all.
    """
    python = platform.python_version()
    checks = [
        Check(GROUP, 'mmfermtl', OK, __version__),
        _compare('Python', python, PYTHON_FLOOR, PROBLEM,
                 f'install Python {PYTHON_FLOOR} or newer')
    ]
    results = [(package, _check(package)) for package in packages]
    checks += [check for _, check in results]
    complete = [
        purpose for purpose in (TORCH, ONNX)
        if all(check.status == OK for package, check in results
               if package.purpose == purpose)
    ]
    names = {TORCH: 'PyTorch', ONNX: 'ONNX Runtime'}
    checks.append(
        Check(GROUP, 'networks run by', OK, ', '.join(
            names[one] for one in complete)) if complete else Check(
                GROUP, 'networks run by', PROBLEM, 'nothing',
                'pip install "mmfermtl[onnx]" for exported models, or '
                '"mmfermtl[onedl]" for all'))
    return checks


def _check(package: Package) -> Check:
    """Check a package; those that are not optional are imported."""
    name, needed = package.distributions[0], package.purpose != OPTIONAL
    status = PROBLEM if needed else NOTE
    floor = f'>={package.floor}' * bool(package.floor)
    fix = f'pip install "{name}{floor}"'
    if find_spec(package.module) is None:
        always = package.purpose == ALWAYS
        use = _USES.get(package.module)
        return Check(GROUP, name, PROBLEM if always else NOTE,
                     'not installed' + f' ({use})' * bool(use),
                     fix if always else '')
    name, version = _find_version(package)
    if needed:
        try:
            module = import_module(package.module)
        # Whatever another package raises.
        except Exception as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            return Check(GROUP, name, status,
                         f'{version or "found"}, does not load: {reason[-1]}',
                         _loading_fix(package, reason[-1], fix))
        version = version or getattr(module, '__version__', None)
    if version is None:
        return Check(GROUP, name, NOTE, 'found, of unknown version')
    return _compare(name, version, package.floor, status, fix)


def _loading_fix(package: Package, reason: str, fix: str) -> str:
    if package.module == 'cv2':
        return OPENCV_FIX
    if '.so' in reason and 'cannot open' in reason:
        return ('install that library of the system; if OpenCV does not load, '
                'see there')
    return f'install it again: {fix} --force-reinstall --no-deps'


def _find_version(package: Package) -> Tuple[str, Optional[str]]:
    """Name of the distribution that is installed, and its version."""
    for name in package.distributions:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return package.module, None


def _compare(name: str, version: str, floor: str, status: str,
             fix: str) -> Check:
    if not floor:
        return Check(GROUP, name, OK, version)
    if release(version) >= release(floor):
        return Check(GROUP, name, OK, f'{version} (at least {floor})')
    return Check(GROUP, name, status, f'{version}, expected at least {floor}',
                 fix)


def release(version: str) -> Tuple[int, ...]:
    """Return the numbers of a version, without what follows them.

    Examples:
        >>> release('2.15.0+cu132'), release('4.11.0.86'), release('5.0rc1')
        ((2, 15, 0), (4, 11, 0, 86), (5, 0))
    """
    numbers = []
    for part in version.split('+')[0].split('.'):
        digits = part[:len(part) - len(part.lstrip('0123456789'))]
        if digits:
            numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)
