"""Packages and devices, as ``mmfermtl doctor`` sees them."""
import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from packaging.requirements import Requirement

from mmfermtl import __version__, stack
from mmfermtl.cli.checks import devices
from mmfermtl.cli.checks.packages import (ALWAYS, ONNX, OPTIONAL, PACKAGES,
                                          TORCH, Package, check_packages,
                                          release)

ROOT = Path(__file__).resolve().parents[2]


def by_name(checks):
    return {check.name: check for check in checks}


def add_package(monkeypatch, module, version, **fields):
    """Let a package be installed; return its row of the table."""
    name = f'the-{module}'
    found = ModuleType(module)
    found.__spec__ = SimpleNamespace(name=module, origin='somewhere')
    monkeypatch.setitem(sys.modules, module, found)
    known = metadata.version
    monkeypatch.setattr(
        metadata, 'version', lambda asked: version
        if asked == name else known(asked))
    return Package(module, (name, ), **fields)


def test_floors_are_those_of_the_installation():
    """The lowest versions that setup.py and requirements/ ask for."""
    spec = importlib.util.spec_from_file_location('setup', ROOT / 'setup.py')
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    lines = setup.read_requirements('runtime') + sum(setup.EXTRAS.values(), [])
    asked = {}
    for requirement in map(Requirement, lines):
        for part in requirement.specifier:
            if part.operator == '>=':
                asked.setdefault(requirement.name, []).append(part.version)
    table = {
        name: package.floor
        for package in PACKAGES
        for name in package.distributions
    }
    for name in ('numpy', 'torch', 'av', 'pillow', 'matplotlib', 'rich',
                 'scikit-image', 'scipy', 'safetensors', 'mmpretrain'):
        assert table[name] == min(asked[name], key=release), name
    assert table['mmengine'] == stack.MMENGINE_MINIMUM_VERSION
    assert table['mmcv'] == stack.MMCV_MINIMUM_VERSION


def test_this_environment_works():
    checks = by_name(check_packages())
    assert {check.status for check in checks.values()} <= {'ok', 'note'}
    assert checks['mmfermtl'].found == __version__
    assert checks['torch'].found.startswith(metadata.version('torch'))
    assert 'PyTorch' in checks['networks run by'].found


@pytest.mark.parametrize('purpose, status', [(ALWAYS, 'problem'),
                                             (TORCH, 'problem'),
                                             (OPTIONAL, 'note')])
def test_versions(monkeypatch, purpose, status):
    package = add_package(
        monkeypatch, 'made_up', '1.9', floor='1.10', purpose=purpose)
    check = by_name(check_packages((package, )))['the-made_up']
    assert check.status == status
    assert check.found == '1.9, expected at least 1.10'
    assert check.fix == 'pip install "the-made_up>=1.10"'
    package = package._replace(floor='1.9')
    check = by_name(check_packages((package, )))['the-made_up']
    assert (check.status, check.found) == ('ok', '1.9 (at least 1.9)')


@pytest.mark.parametrize('purpose, status', [(ALWAYS, 'problem'),
                                             (TORCH, 'note'), (ONNX, 'note'),
                                             (OPTIONAL, 'note')])
def test_missing_packages(purpose, status):
    package = Package('not_there', ('not-there', ), '', purpose)
    check = by_name(check_packages((package, )))['not-there']
    assert (check.status, check.found) == (status, 'not installed')


def test_packages_that_do_not_load(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / 'broken_package.py'
     ).write_text('raise ImportError("first\\nlibGL.so.1: cannot open")')
    package = Package('broken_package', ('broken', ), '', TORCH)
    check = by_name(check_packages((package, )))['broken_package']
    assert check.status == 'problem'
    assert check.found == 'found, does not load: libGL.so.1: cannot open'
    # What is optional is not even imported.
    optional = package._replace(purpose=OPTIONAL)
    check = by_name(check_packages((optional, )))['broken_package']
    assert check.status == 'note'


def test_one_way_to_run_networks_is_needed(monkeypatch):
    missing = Package('not_there', ('not-there', ), '', TORCH)
    there = add_package(monkeypatch, 'made_up', '1', floor='', purpose=ONNX)

    def ways(*table):
        return by_name(check_packages(table))['networks run by']

    assert ways(missing, there)[2:4] == ('ok', 'ONNX Runtime')
    nothing = ways(missing, missing._replace(purpose=ONNX))
    assert nothing.status == 'problem' and 'onnx' in nothing.fix
    # A part of the stack alone runs nothing.
    half = there._replace(purpose=TORCH)
    assert ways(missing, half, missing._replace(purpose=ONNX))[2] == 'problem'


def test_releases_are_compared_as_numbers():
    assert release('2.15.0+cu132') == (2, 15, 0)
    assert release('4.9') < release('4.11.0.86') < release('5.0rc1')
    assert release('dev') == ()


def test_processor(monkeypatch):
    for units, found, status in ((['amx_bf16'], 'amx_bf16', 'ok'),
                                 ([], 'none', 'note'), (None, 'not known here',
                                                        'note')):
        monkeypatch.setattr(devices, 'bf16_units', lambda: units)
        check = by_name(devices.check_devices())['bfloat16 units']
        assert (check.status, check.found) == (status, found)
    assert 'cores' in by_name(devices.check_devices())['processor'].found


def test_gpus(monkeypatch):
    gpu = SimpleNamespace(name='H100', total_memory=80 << 30)
    cuda = SimpleNamespace(
        is_available=lambda: True,
        device_count=lambda: 1,
        get_device_properties=lambda number: gpu)
    monkeypatch.setitem(sys.modules, 'torch', SimpleNamespace(cuda=cuda))
    assert by_name(devices.check_devices())['cuda:0'].found == 'H100, 80 GiB'
    cuda.is_available = lambda: False
    assert 'no GPU' in by_name(devices.check_devices())['CUDA'].found

    def fail():
        raise RuntimeError('driver too old\ntrace')

    cuda.is_available = fail
    found = by_name(devices.check_devices())['CUDA'].found
    assert found == 'does not work: driver too old'
    monkeypatch.setitem(sys.modules, 'torch', None)
    runtime = SimpleNamespace(get_available_providers=lambda: ['CPU'])
    monkeypatch.setitem(sys.modules, 'onnxruntime', runtime)
    checks = by_name(devices.check_devices())
    assert 'CUDA' not in checks and checks['ONNX Runtime'].found == 'CPU'
