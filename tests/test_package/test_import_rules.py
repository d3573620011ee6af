"""Who may import whom, no circles, and nothing that is not declared."""
import ast
import re
import runpy
import sys
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Dict, Iterable, List, Set

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
#: What each room may import of this package, besides itself.
BASE = {'registry', 'expressions', 'utils', 'version', 'stack'}
MIDDLE = BASE | {'structures'}
ENGINE = MIDDLE | {'datasets', 'models', 'evaluation', 'visualization'}
TASKS = ENGINE | {'engine'}
ALLOWED = dict(
    registry=set(),
    expressions=set(),
    version=set(),
    stack=set(),
    utils=BASE,
    structures=BASE,
    datasets=MIDDLE,
    models=MIDDLE,
    evaluation=MIDDLE,
    visualization=MIDDLE,
    engine=ENGINE,
    analysis=TASKS | {'preparation', 'inference', 'export'},
    generation=TASKS,
    preparation=TASKS,
    inference=TASKS | {'preparation'},
    export=TASKS | {'inference'},
    web=TASKS | {'preparation', 'inference'},
    apis=TASKS | {'analysis', 'generation', 'preparation', 'inference'},
    cli=TASKS
    | {'analysis', 'preparation', 'inference', 'export', 'web', 'apis', 'cli'})
#: The same for the rooms inside of ``models``; the others: ``sharing``.
PARTS = {
    'adapters', 'backbones', 'balancing', 'heads', 'generators',
    'discriminators', 'losses', 'sharing'
}
ALLOWED_PARTS = dict(sharing=set(), multitask=PARTS)
#: What an installation without PyTorch lacks, and the one file of the room
#: `inference` that may import it.
HEAVY = ('torch', 'mmengine', 'mmcv')
TORCH_BACKEND = Path('mmfermtl', 'inference', 'torch_backend.py')
#: The one file that may import mmpretrain: it adds our models to its hub.
HUB = Path('mmfermtl', 'apis', 'model_hub.py')
FOREIGN = {
    'mmpretrain', 'mmagic', 'mmdet', 'mmseg', 'mmselfsup', 'tools', 'configs'
}


def python_files(*folders: str) -> List[Path]:
    return sorted(
        path.relative_to(ROOT) for folder in folders
        for path in (ROOT / folder).rglob('*.py') if '.mim' not in path.parts)


def imported(path: Path) -> List[str]:
    """Absolute dotted names of all that a file imports, anywhere in it."""
    package = path.parts[:-1]
    names = []
    for node in ast.walk(ast.parse((ROOT / path).read_text('utf-8'))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level +
                           1] if node.level else ()
            stem = '.'.join([*base, *([node.module] if node.module else [])])
            names += [f'{stem}.{alias.name}' for alias in node.names]
    return names


FILES = python_files('mmfermtl')
IMPORTED: Dict[Path, List[str]] = {path: imported(path) for path in FILES}


def is_breach(path: Path, name: str) -> bool:
    """Whether a file of the package may not import this."""
    parts = name.split('.')
    if path == HUB and name == 'mmpretrain.apis.ModelHub':
        return False
    if parts[0] in FOREIGN or parts[-1] == '*' or name.startswith('mmcv.ops'):
        return True
    here = path.with_suffix('').parts
    if parts[0] != 'mmfermtl' or here[1] == '__init__':
        return False
    if parts[1] != here[1]:
        return parts[1] not in ALLOWED[here[1]]
    if here[1] != 'models' or len(here) < 4 or parts[2] == here[2]:
        return False
    return parts[2] not in ALLOWED_PARTS.get(here[2], {'sharing'})


def test_breaches_are_seen():
    """The rules read relative imports, and refuse what they should."""
    head = Path('mmfermtl', 'models', 'heads', 'fer_head.py')
    assert {'mmfermtl.registry.MODELS',
            'mmcv.cnn.ConvModule'} <= set(IMPORTED[head])
    for name in ('mmfermtl.engine.launch', 'mmfermtl.models.losses.x',
                 'mmpretrain.models', 'mmcv.ops', 'torch.*'):
        assert is_breach(head, name), name
    assert not is_breach(head, 'mmfermtl.models.sharing.conv_flu')


def test_rooms_import_downwards():
    assert not [(str(path), name) for path, names in IMPORTED.items()
                for name in names if is_breach(path, name)]


def test_inference_imports_no_pytorch():
    """Nor what the rest of this package imports; see also its own test."""
    assert not [(str(path), name) for path, names in IMPORTED.items()
                if path.parts[1] == 'inference' and path != TORCH_BACKEND
                for name in names if name.startswith(HEAVY)]


def test_registry_imports_mmengine_registry_alone():
    names = IMPORTED[Path('mmfermtl', 'registry.py')]
    assert set(names) == {'mmengine.registry', 'mmengine.registry.Registry'}


def test_no_circles():
    modules = {
        '.'.join(path.with_suffix('').parts).replace('.__init__', ''): path
        for path in FILES
    }

    def targets(module: str) -> Iterable[str]:
        for name in IMPORTED[modules[module]]:
            while name and name not in modules:
                name = name.rpartition('.')[0]
            if name not in ('', 'mmfermtl', module):
                yield name

    graph = {module: set(targets(module)) for module in modules}
    # Raises a CycleError that names the modules.
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


def distribution_names(requirements: Iterable[str]) -> Set[str]:
    return {normalized(Requirement(line).name) for line in requirements}


def normalized(name: str) -> str:
    return re.sub(r'[-_.]+', '-', name).lower()


@pytest.mark.parametrize('folders, files', [
    (['mmfermtl', 'tools'], ['runtime']),
    (['tests'], ['runtime', 'tests']),
])
def test_imports_are_declared(folders, files):
    """Each import belongs to a required package or to one of an extra."""
    setup = runpy.run_path(str(ROOT / 'setup.py'))
    lines = [
        line for name in files for line in setup['read_requirements'](name)
    ]
    known = distribution_names(lines + sum(setup['EXTRAS'].values(), []))
    # Either is installed by MMCV; requiring one would overwrite the other.
    known |= {'opencv-python', 'opencv-python-headless'}
    local = {path.stem for path in (ROOT / 'tests').glob('*.py')}
    ignored = {'mmfermtl', 'setuptools', *sys.stdlib_module_names, *local}
    distributions = packages_distributions()
    undeclared = set()
    for path in python_files(*folders):
        modules = {name.split('.')[0] for name in imported(path)} - ignored
        for module in modules:
            owners = map(normalized, distributions.get(module, [module]))
            if not known & set(owners):
                undeclared.add((module, str(path)))
    assert not undeclared
