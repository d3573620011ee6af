"""Who may import whom, as the architecture says."""
import ast
import os.path as osp
from glob import glob

import pytest

import mmfermtl

ROOT = osp.dirname(osp.abspath(mmfermtl.__file__))
#: What each room may import of this package, besides itself.
BASE = {'registry', 'expressions', 'utils', 'version'}
MIDDLE = BASE | {'structures'}
ENGINE = MIDDLE | {'datasets', 'models', 'evaluation', 'visualization'}
TASKS = ENGINE | {'engine'}
ALLOWED = dict(
    registry=set(),
    expressions=set(),
    version=set(),
    utils=BASE,
    structures=BASE,
    datasets=MIDDLE,
    models=MIDDLE,
    evaluation=MIDDLE,
    visualization=MIDDLE,
    engine=ENGINE,
    analysis=TASKS,
    generation=TASKS,
    preparation=TASKS,
    apis=TASKS | {'analysis', 'generation', 'preparation'})
SIBLINGS = {
    'adapters', 'backbones', 'balancing', 'heads', 'generators',
    'discriminators', 'losses'
}
FOREIGN = {
    'mmpretrain', 'mmagic', 'mmdet', 'mmseg', 'mmselfsup', 'tools', 'configs'
}
FILES = sorted(glob(osp.join(ROOT, '**', '*.py'), recursive=True))
FILES = [f for f in FILES if '.mim' not in f]


def imported(path: str) -> list:
    """Absolute dotted names of all that a file imports."""
    parts = osp.relpath(path, osp.dirname(ROOT))[:-3].split(osp.sep)
    package = parts[:-1]
    names = []
    for node in ast.walk(ast.parse(open(path, encoding='utf-8').read())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level +
                           1] if node.level else []
            stem = '.'.join(base + ([node.module] if node.module else []))
            names += [f'{stem}.{alias.name}' for alias in node.names]
    return names


def test_the_rule_sees_relative_imports():
    names = imported(osp.join(ROOT, 'models', 'heads', 'fer_head.py'))
    assert 'mmfermtl.registry.MODELS' in names
    assert 'mmcv.cnn.ConvModule' in names


@pytest.mark.parametrize(
    'path', FILES, ids=[osp.relpath(f, ROOT) for f in FILES])
def test_imports(path):
    inner = osp.relpath(path, ROOT)[:-3].split(osp.sep)
    for name in imported(path):
        parts = name.split('.')
        assert parts[0] not in FOREIGN, f'{path} imports {name}'
        assert not name.startswith('mmcv.ops'), f'{path} imports {name}'
        assert parts[-1] != '*', f'{path} imports {name}'
        if parts[0] != 'mmfermtl' or inner[0] == '__init__':
            continue
        room = parts[1] if len(parts) > 1 else ''
        assert room == inner[0] or room in ALLOWED[inner[0]], (
            f'{inner[0]} may not import {room}: {path}')
        if inner[0] == 'models' == room and len(inner) > 2:
            check_inside_models(path, inner[1], parts[2])


def check_inside_models(path: str, here: str, there: str) -> None:
    if here == there:
        return
    allowed = dict(sharing=set(), multitask=SIBLINGS | {'sharing'})
    assert there in allowed.get(
        here,
        {'sharing'}), (f'models/{here} may not import models/{there}: {path}')


def test_registry_imports_mmengine_registry_alone():
    names = imported(osp.join(ROOT, 'registry.py'))
    assert {n.rsplit('.', 1)[0] for n in names} == {'mmengine.registry'}
