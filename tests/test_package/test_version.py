"""The version, the floors of the stack, and what an import costs."""
import os.path as osp
import re
import subprocess
import sys

import mmcv
import mmengine
import pytest
import yaml
from light_installation import BLOCK, BLOCKED

import mmfermtl
from mmfermtl import stack

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))


def read(name: str) -> str:
    with open(osp.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def run_python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, '-c', code],
                          cwd=ROOT,
                          capture_output=True,
                          text=True)


def test_documents_name_this_version():
    releases = re.findall(r'^## \[(\d[^]]*)\]', read('CHANGELOG.md'), re.M)
    assert releases[0] == mmfermtl.__version__
    citation = yaml.safe_load(read('CITATION.cff'))
    assert citation['version'] == mmfermtl.__version__


@pytest.mark.parametrize('module, too_old, floor', [
    (mmengine, '0.10.3', 'MMEngine >= 0.10.4'),
    (mmcv, '2.0.0', 'MMCV >= 2.0.1'),
])
def test_older_than_floor(monkeypatch, module, too_old, floor):
    monkeypatch.setattr(module, '__version__', too_old)
    with pytest.raises(RuntimeError) as error:
        stack.check_versions()
    for part in (floor, too_old, '[onedl]', 'setup_env.sh openmmlab'):
        assert part in str(error.value)


@pytest.mark.parametrize('mmengine_version, mmcv_version',
                         [('0.10.4', '2.0.1'), ('99.0.0', '99.0.0')])
def test_floors_and_newer_are_accepted(monkeypatch, mmengine_version,
                                       mmcv_version):
    monkeypatch.setattr(mmengine, '__version__', mmengine_version)
    monkeypatch.setattr(mmcv, '__version__', mmcv_version)
    stack.check_versions()


def test_an_old_stack_is_refused_at_import():
    result = run_python('import mmengine\n'
                        'mmengine.__version__ = "0.10.3"\n'
                        'import mmfermtl')
    last_line = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1
    assert last_line.startswith('mmfermtl.stack.StackError: mmfermtl needs '
                                'MMEngine >= 0.10.4, but 0.10.3 is installed')


@pytest.mark.parametrize('module, room', [
    ('torch', 'apis'),
    ('torch', 'utils.safe_loading'),
    ('mmengine', 'registry'),
    ('mmcv', 'models'),
    ('mmcv', 'datasets.transforms'),
])
def test_missing_module_names_the_extra(module, room):
    """What needs it says so; the package itself can be imported."""
    hide = BLOCK.replace(BLOCKED, f"BLOCKED = ('{module}', )")
    result = run_python(f'{hide}\nimport mmfermtl.inference\n'
                        'print(mmfermtl.stack.missing_modules())\n'
                        f'import mmfermtl.{room}')
    assert result.stdout == f'[{module!r}]\n', result.stderr
    last_line = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1
    assert last_line.startswith('mmfermtl.stack.StackError: mmfermtl.')
    assert f'the module {module} is not installed' in last_line
    assert 'pip install "mmfermtl[onedl]"' in last_line


def test_other_modules_that_are_missing_are_not_explained():
    result = run_python(f"{BLOCK}\nsys.modules['cv2'] = None\n"
                        'import mmfermtl.preparation.alignment')
    last_line = result.stderr.strip().splitlines()[-1]
    assert last_line.startswith('ModuleNotFoundError: ')
    assert 'cv2' in last_line


def test_imports_of_a_complete_stack_are_left_alone():
    result = run_python('import sys, mmfermtl.utils.errors as module\n'
                        'print(*sys.meta_path, type(module.__loader__))')
    assert result.returncode == 0, result.stderr
    assert 'mmfermtl.stack' not in result.stdout


def test_version_is_read_without_import():
    result = run_python('import sys, mmfermtl\n'
                        'print(mmfermtl.stack.installed_version("mmcv"))\n'
                        'assert "mmcv" not in sys.modules')
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == mmcv.__version__


def test_import_is_light():
    code = ('import sys, mmengine\n'
            'before = set(sys.modules)\n'
            'import mmfermtl\n'
            'print(*{name.split(".")[0] for name in '
            'set(sys.modules) - before})')
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    assert not {'torch', 'mmcv', 'mmpretrain', 'matplotlib', 'cv2'} & set(
        result.stdout.split())
