"""Metadata, pins, and what travels in a wheel."""
import importlib.util
import os
import os.path as osp
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
# Each comes as several distributions which install the same module.
CLASHING = {
    'mmengine', 'mmengine-lite', 'onedl-mmengine', 'mmcv', 'mmcv-lite',
    'mmcv-full', 'onedl-mmcv', 'mmpretrain', 'onedl-mmpretrain', 'mmagic',
    'opencv-python', 'opencv-python-headless', 'torch', 'torchvision'
}
PYTHONS = ('3.10', '3.11', '3.12', '3.13')
#: The requirements that are pinned, and for which Python.
PINNED = [(name, python) for name in ('onedl', 'tests')
          for python in PYTHONS] + [('openmmlab', '3.11'),
                                    ('openmmlab_nodeps', '3.11')]


@pytest.fixture(scope='module')
def setup_module():
    spec = importlib.util.spec_from_file_location('setup', ROOT / 'setup.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path):
    """A repository in small: configs, one tool, and the package."""
    (tmp_path / 'configs' / '_base_').mkdir(parents=True)
    (tmp_path / 'configs' / '_base_' / 'model.py').write_text('width = 3\n')
    (tmp_path / 'configs' / '__pycache__').mkdir()
    (tmp_path / 'tools').mkdir()
    (tmp_path / 'tools' / 'train.py').touch()
    (tmp_path / 'mmfermtl').mkdir()
    return tmp_path


def names(requirements):
    return [Requirement(line).name for line in requirements]


def test_required_packages_overwrite_nothing(setup_module):
    required = setup_module.read_requirements('runtime')
    assert 'numpy' in names(required)
    assert not CLASHING & set(names(required))
    for line in required:
        operators = {item.operator for item in Requirement(line).specifier}
        assert operators == {'>='}, f'{line} is more than a floor'


def test_extra_of_the_original_stack_keeps_what_works(setup_module):
    """In the tested environment pip replaces nothing by the extra."""
    tested = {
        item.name: str(item.specifier)[2:]
        for name in ('openmmlab', 'openmmlab_nodeps')
        for item in chosen_requirements(setup_module, name, '3.11')
    }
    for line in setup_module.EXTRAS['openmmlab']:
        item = Requirement(line)
        assert item.specifier.contains(tested[item.name])


def chosen_requirements(setup_module, name, python):
    requirements = [
        Requirement(line) for line in setup_module.read_requirements(name)
    ]
    chosen = [
        item for item in requirements if item.marker is None
        or item.marker.evaluate({'python_version': python})
    ]
    assert sorted(item.name for item in chosen) == sorted(
        {item.name
         for item in requirements})
    return chosen


@pytest.mark.parametrize('name, python', PINNED)
def test_one_exact_pin_for_every_python(setup_module, name, python):
    for item in chosen_requirements(setup_module, name, python):
        operators = [part.operator for part in item.specifier]
        assert operators == ['=='], f'{item} is not pinned'


def test_original_stack_agrees_with_the_test_tools(setup_module):
    # They are installed into one environment.
    tools = {
        item.name: item.specifier
        for item in chosen_requirements(setup_module, 'tests', '3.11')
    }
    for item in chosen_requirements(setup_module, 'openmmlab', '3.11'):
        assert tools.get(item.name, item.specifier) == item.specifier


def test_mim_links_are_relative(setup_module, repository):
    package = repository / 'mmfermtl'
    # The second time must replace what the first one left.
    for _ in range(2):
        setup_module.add_mim(str(repository), str(package), link=True)
    mim = package / '.mim'
    assert sorted(os.listdir(mim)) == ['configs', 'tools']
    assert os.readlink(mim / 'configs') == osp.join('..', '..', 'configs')
    assert (mim / 'configs' / '_base_' / 'model.py').is_file()


def test_mim_copy_replaces_links_and_stale_files(setup_module, repository):
    package = repository / 'mmfermtl'
    setup_module.add_mim(str(repository), str(package), link=True)
    (repository / 'model-index.yml').write_text('Import: []\n')
    setup_module.add_mim(str(repository), str(package), link=False)
    (repository / 'configs' / '_base_' / 'model.py').unlink()
    mim = package / '.mim'
    assert not (mim / 'configs').is_symlink()
    assert (mim / 'configs' / '_base_' / 'model.py').is_file()
    assert (mim / 'model-index.yml').is_file()
    assert not (mim / 'configs' / '__pycache__').exists()
    setup_module.add_mim(str(repository), str(package), link=False)
    assert not (mim / 'configs' / '_base_' / 'model.py').exists()


def test_mim_copies_where_links_are_refused(setup_module, repository,
                                            monkeypatch, capsys):

    def refuse(source, target):
        raise OSError('no privilege')

    monkeypatch.setattr(os, 'symlink', refuse)
    setup_module.add_mim(
        str(repository), str(repository / 'mmfermtl'), link=True)
    copied = repository / 'mmfermtl' / '.mim' / 'configs'
    assert (copied / '_base_' / 'model.py').is_file()
    assert 'No symbolic link possible' in capsys.readouterr().out


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """The unpacked wheel of the tracked files that are packaged."""
    folder = tmp_path_factory.mktemp('wheel')
    source = folder / 'source'
    source.mkdir()
    ignore = shutil.ignore_patterns('__pycache__', '.mim')
    for name in ('mmfermtl', 'configs', 'tools', 'requirements'):
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ('setup.py', 'setup.cfg', 'MANIFEST.in', 'LICENSE',
                 'README.md', 'model-index.yml'):
        shutil.copy(ROOT / name, source)
    # Built as pip builds it, without pip's download of the build tools.
    build = ('from setuptools import build_meta\n'
             f'build_meta.build_wheel({str(folder)!r})')
    subprocess.run([sys.executable, '-c', build],
                   cwd=source,
                   check=True,
                   capture_output=True)
    archive, = folder.glob('*.whl')
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder / 'site')
    return folder / 'site'


def test_wheel_holds_every_file(wheel):
    held = {path.relative_to(wheel) for path in wheel.rglob('*')}
    files = [
        path.relative_to(ROOT) for folder in ('mmfermtl', 'configs', 'tools')
        for path in (ROOT / folder).rglob('*.*')
        if path.is_file() and not {'__pycache__', '.mim'} & set(path.parts)
    ]
    expected = {
        path if path.parts[0] == 'mmfermtl' else 'mmfermtl/.mim' / path
        for path in [*files, Path('model-index.yml')]
    }
    assert Path('mmfermtl', 'py.typed') in expected
    assert not expected - held, 'missing in the wheel'
    assert {
        path.parts[0]
        for path in held if 'dist-info' not in path.parts[0]
    } == {'mmfermtl'}


def test_installed_configs_are_found_by_prefix(wheel, tmp_path):
    base = 'mmfermtl::_base_/models/fermtl_tiny.py'
    (tmp_path / 'leaf.py').write_text(f"_base_ = ['{base}']\n")
    code = ('from mmengine.config import Config\n'
            'import mmfermtl\n'
            "cfg = Config.fromfile('leaf.py')\n"
            'print(mmfermtl.__file__, cfg.model.type)')
    result = subprocess.run([sys.executable, '-c', code],
                            cwd=tmp_path,
                            env={
                                **os.environ, 'PYTHONPATH': str(wheel)
                            },
                            capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr
    package, model = result.stdout.split()
    assert Path(package).parent == wheel / 'mmfermtl'
    assert model.startswith('mmfermtl.')
