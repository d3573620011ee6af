"""Every command and every line of Python of the README and docs/ works.

All blocks are checked against the tools, the configs and the registries.
Those after the comment ``<!-- run -->`` are run, page by page, in one folder
and in a short form: three steps on a few rendered faces.
"""
import ast
import importlib.util
import os
import os.path as osp
import re
import runpy
import shutil
import sys

import cv2
import pytest
from documented_blocks import (PAGES, ROOT, read_blocks, read_page,
                               split_commands)
from mmengine.config import Config
from mmengine.registry import init_default_scope
from toy_runs import forget_runs

from mmfermtl.apis import load_config
from mmfermtl.cli.main import build_parser
from mmfermtl.datasets import SyntheticFaces
from mmfermtl.registry import MODELS

BLOCKS = [block for page in PAGES for block in read_blocks(page)]
BASH = [block for block in BLOCKS if block.language == 'bash']
PYTHON = [block for block in BLOCKS if block.language == 'python']
#: Commands that are no tool of this repository.
OTHERS = {'pip', 'npm', 'source', 'cp', 'mkdocs', 'pre-commit'}
#: The tool that a script calls, and the number of words before its options.
SCRIPTS = {
    'tools/dist_train.sh': ('train.py', 2),
    'tools/dist_test.sh': ('test.py', 3),
    'tools/slurm_train.sh': ('train.py', 4),
    'tools/slurm_cross_validate.sh': ('cross_validate.py', 4),
}
#: Of one step each; the warm-up of the schedules takes two.
EPOCHS = 3
#: What is shortened in the blocks that are run.
SHORTER = [(r'epoch_\d+\.pth', f'epoch_{EPOCHS}.pth'),
           (r'--total \d+', '--total 14'),
           (r'--min-agreement [\d.]+', '--min-agreement 0'),
           (r'--jobs \d+', '--jobs 1'),
           (r'(benchmark.py .*)', r'\1 --steps 1 --warmup 1')]
#: Several classes and subjects of the rendered CK+48 tree.
TRAINED, TESTED = '[0,20,40,60,80,100]', '[0,3,6,9,12,15]'
SHORT_OPTIONS = [
    '--allow-new-keys', '--cfg-options', f'train_cfg.max_epochs={EPOCHS}',
    f'train_dataloader.dataset.indices={TRAINED}',
    f'val_dataloader.dataset.indices={TESTED}',
    f'test_dataloader.dataset.indices={TESTED}'
]
#: Tools without options of the config, or that need all samples.
WHOLE = {'compare_runs.py', 'score_synthesis.py', 'synthesize.py'}


def ids(blocks):
    return [block.place for block in blocks]


def load_tool(name):
    """Import a tool, without running it."""
    path = osp.join(ROOT, 'tools', name)
    spec = importlib.util.spec_from_file_location(name[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_placeholder(path):
    """Whether a page names no file, but says where one goes."""
    return not path.startswith(('configs/', 'tools/'))


def check_tool(monkeypatch, name, words, made):
    """Parse the options of a tool as it does, and merge them."""
    words = [re.sub(r'\$\w+', '0', word) for word in words]
    monkeypatch.setattr(sys, 'argv', [name, *words])
    args = load_tool(name).parse_args()
    config = getattr(args, 'config', None)
    if config is None or is_placeholder(config) or config in made:
        return
    load_config(
        osp.join(ROOT, config), getattr(args, 'cfg_options', None),
        getattr(args, 'allow_new_keys', False),
        getattr(args, 'data_root', None), getattr(args, 'fold', None),
        getattr(args, 'seed', None))


def check_script(monkeypatch, name, words):
    """Check that a script exists, and the options of its tool."""
    assert osp.isfile(osp.join(ROOT, name)), name
    if name not in SCRIPTS:
        return
    tool, count = SCRIPTS[name]
    given, options = words[:count], ' '.join(words[count:])
    options = re.sub(r'\[.*?\]', '', options).split()
    if tool == 'test.py':
        given = given[:2]
    elif 'slurm_cross' in name:
        given = [given[2], '--out', given[3]]
    else:
        given = given[2:3] if 'slurm' in name else given[:1]
    check_tool(monkeypatch, tool, given + options, ())


@pytest.mark.parametrize('block', BASH, ids=ids(BASH))
def test_commands_name_what_there_is(block, monkeypatch):
    made = set()
    for words in split_commands(block.text):
        head, *rest = words
        if head == 'cp':
            made.add(rest[1])
        if head in OTHERS or (head == 'python' and
                              ('$T/' in rest[0] or rest[0] in ('-c', '-m'))):
            pass
        elif head == 'python':
            folder, name = rest[0].split('/', 1)
            assert folder == 'tools', words
            check_tool(monkeypatch, name, rest[1:], made)
        elif head == 'mmfermtl':
            # Ends the process for what the command does not take.
            build_parser(rest[:1]).parse_args(rest)
        else:
            assert head == 'bash', words
            check_script(monkeypatch, rest[0], rest[1:])
        for word in words:
            if not is_placeholder(word) and word not in made:
                assert osp.exists(osp.join(ROOT, word)), word


def test_extras_that_are_named_exist():
    spec = importlib.util.spec_from_file_location('setup',
                                                  osp.join(ROOT, 'setup.py'))
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    named = {
        extra
        for page in PAGES
        for extra in re.findall(r'pip install "\.\[(\w+)\]"', read_page(page))
    }
    assert named and named <= set(setup.EXTRAS)


@pytest.mark.parametrize('block', PYTHON, ids=ids(PYTHON))
def test_python_can_be_compiled(block):
    compile(block.text, block.place, 'exec')


class Sandbox:
    """A folder like a clone, with data, where blocks are run."""

    def __init__(self, root, data, monkeypatch):
        self.root = root
        self.done = []
        self.monkeypatch = monkeypatch
        shutil.copytree(osp.join(ROOT, 'configs'), root / 'configs')
        faces = root / 'configs' / '_base_/datasets/synthetic_faces.py'
        text = faces.read_text('utf-8')
        assert 'num_subjects=100,' in text
        faces.write_text(
            text.replace('num_subjects=100,', 'num_subjects=20,'), 'utf-8')
        os.symlink(osp.join(ROOT, 'tools'), root / 'tools')
        (root / 'data').mkdir()
        for name in ('CK+48', 'faces'):
            os.symlink(data, root / 'data' / name)
        face = SyntheticFaces(split='test', fold=0)[0]['img']
        cv2.imwrite(str(root / 'face.png'), face)
        monkeypatch.chdir(root)
        # Of the processes that cross-validation starts.
        monkeypatch.setenv('PYTHONPATH', ROOT)
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
        monkeypatch.setenv('OMP_NUM_THREADS', '1')
        monkeypatch.setenv('LOCAL_RANK', '0')

    def run(self, block):
        """Run a block in its short form."""
        text = block.text
        for pattern, shorter in SHORTER:
            text = re.sub(pattern, shorter, text)
        if block.language == 'python':
            self.run_python(text, block.place)
            return
        for words in split_commands(text):
            if words not in self.done:
                self.done.append(words)
                self.run_command(*words)

    def run_python(self, text, place):
        """Run Python; build the model of what is a config."""
        names = {
            target.id
            for node in ast.parse(text).body if isinstance(node, ast.Assign)
            for target in node.targets if isinstance(target, ast.Name)
        }
        forget_runs()
        init_default_scope('mmpretrain')
        if '_base_' not in names and 'model = dict(' not in text:
            exec(compile(text, place, 'exec'), dict(__name__='documented'))
            return
        (self.root / 'documented.py').write_text(text)
        MODELS.build(Config.fromfile('documented.py').model)

    def run_command(self, head, *words):
        """Run a command in this process, if it is one of our tools."""
        if head == 'cp':
            shutil.copy(*words)
        elif words[:1] == ('tools/quickstart.sh', ):
            # What it trains, in the environment that it makes.
            self.run_tool('train.py', 'configs/fermtl_synthetic.py',
                          '--work-dir', 'work_dirs/quickstart')
        elif head == 'python':
            self.run_tool(osp.basename(words[0]), *words[1:])

    def run_tool(self, name, *words):
        """Run a tool in this process, which saves the time of imports."""
        options = [] if name in WHOLE else SHORT_OPTIONS
        if name == 'cross_validate.py':
            options = ['--folds', '0', *options]
        elif name == 'ablate_exchange.py' and words[0].startswith('work_dirs'):
            options = []
        forget_runs()
        self.monkeypatch.setattr(sys, 'argv',
                                 [f'tools/{name}', *words, *options])
        try:
            runpy.run_path(osp.join(ROOT, 'tools', name), run_name='__main__')
        except SystemExit as error:
            if error.code not in (None, 0):
                raise AssertionError(f'{name} {words} ended with exit code '
                                     f'{error.code}') from error


def test_marked_blocks_run(tmp_path, few_ckplus48, monkeypatch):
    marked = [block for block in BLOCKS if block.run]
    assert len({block.page for block in marked}) > 10
    sandbox = Sandbox(tmp_path, few_ckplus48, monkeypatch)
    for block in marked:
        try:
            sandbox.run(block)
        except Exception as error:
            raise AssertionError(f'{block.place}: {error}') from error
