"""check_leaks and browse_dataset from the command line."""
import json
import os
import os.path as osp
import runpy
import shutil
import sys

import pytest
from dataset_configs import sides, write_config

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Run a tool in this process, and return its exit code."""

    def run(name, *args):
        path = osp.join(ROOT, 'tools', name)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        try:
            runpy.run_path(path, run_name='__main__')
        except SystemExit as stop:
            return stop.code
        return 0

    return run


@pytest.fixture
def config(tmp_path, few_ckplus48):
    """A config of a tree of a few rendered subjects."""
    return write_config(tmp_path / 'few.py', *sides(data_root=few_ckplus48))


def test_clean_data(tool, config, capsys):
    assert tool('check_leaks.py', config) == 0
    printed = capsys.readouterr().out
    assert printed.strip().splitlines()[-1].startswith('No leaks found')
    assert tool('check_leaks.py', config, '--fold', 4) == 0
    assert ' 1 folds' in capsys.readouterr().out


def test_leaks(tool, config, few_ckplus48, tmp_path, capsys):
    tree = shutil.copytree(few_ckplus48, tmp_path / 'tree')
    source = sorted(os.listdir(tree / 'happy'))[-1]
    copy = tree / 'happy' / 'S005_099_00000001.png'
    shutil.copy(tree / 'happy' / source, copy)
    args = (config, '--data-root', tree, '--out', 'leaks.json')
    assert tool('check_leaks.py', *args) == 1
    printed = capsys.readouterr().out
    assert 'LEAKS FOUND' in printed and source in printed
    with open(tmp_path / 'leaks.json', encoding='utf-8') as file:
        report = json.load(file)
    assert str(copy) in report['identical_files'][0]['files']
    assert report['leaks'] >= 1
    # The identical file remains without near-duplicates.
    args += ('--correlation', 1)
    assert tool('check_leaks.py', *args) == 1


def test_rendered_faces_in_pages(tool, tmp_path, capsys):
    config = osp.join(ROOT, 'configs', 'fermtl_synthetic.py')
    args = (config, '--out', 'pages', '--rows', 1, '--cols', 4, '--pairs',
            '--split', 'val', '--fold', 1)
    assert tool('browse_dataset.py', *args) == 0
    assert sorted(os.listdir(tmp_path / 'pages')) == [
        'val_images_01.png', 'val_pairs_01.png', 'val_pipeline_01.png'
    ]
    assert 'must not be shared' in capsys.readouterr().out


@pytest.mark.parametrize('name, args, words', [
    ('check_leaks.py', ['gone.py'], 'gone.py is not a file'),
    ('check_leaks.py', ['few.py', '--data-root', 'gone'
                        ], "root 'gone': found nothing"),
    ('check_leaks.py', ['few.py', '--correlation', '2'], '--correlation 2'),
    ('check_leaks.py', ['few.py', '--fold', '10'], 'fold=10 is out of range'),
    ('check_leaks.py', ['few.py', '--out', '.'], '--out .: this is a folder'),
    ('check_leaks.py', ['few.py', '--out', 'few.py/x.json'
                        ], 'few.py: this is a file, expected a folder'),
    ('check_leaks.py', ['broken.py'], 'broken.py cannot be read'),
    ('browse_dataset.py', ['gone.py', '--out', 'x'], 'gone.py is not a file'),
    ('browse_dataset.py', ['few.py'], 'give --out FOLDER'),
    ('browse_dataset.py', ['few.py', '--out', 'few.py'
                           ], '--out few.py: this is a file'),
    ('browse_dataset.py', ['few.py', '--out', 'x', '--pages', '0'
                           ], '--pages 0: expected 1 or more'),
    ('browse_dataset.py', ['few.py', '--out', 'x', '--pairs'
                           ], 'draws no pairs'),
])
def test_mistakes_end_with_one_message(tool, config, tmp_path, capsys, name,
                                       args, words):
    (tmp_path / 'broken.py').write_text('train_dataloader = dict(')
    assert tool(name, *args) == 2
    message = capsys.readouterr().err.strip()
    assert message.startswith('error: ') and '\n' not in message
    assert words in message
