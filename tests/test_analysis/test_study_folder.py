"""Folders of studies from untrusted sources."""
import json
import os
import os.path as osp

import pytest
from mmengine.config import Config
from narrow import LEAVES, load_leaf
from toy_folds import write_config
from toy_runs import read_json

from mmfermtl.analysis.cross_validation import RunKey, cross_validate
from mmfermtl.analysis.cross_validation.single_run import train_run
from mmfermtl.analysis.cross_validation.study_config import (check_types,
                                                             config_hash,
                                                             read_config,
                                                             save_config)
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder
from mmfermtl.analysis.exchange_ablation import ablate_study
from mmfermtl.apis import UserError, load_config


def write(value, *parts):
    with open(osp.join(*map(str, parts)), 'w', encoding='utf-8') as file:
        json.dump(value, file)


@pytest.fixture
def config(tmp_path):
    """A config of registered parts only."""
    path = write_config(tmp_path)
    with open(path, encoding='utf-8') as file:
        lines = [
            line for line in file
            if 'custom_imports' not in line and 'ToyNoise' not in line
        ]
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(lines)
    return path


@pytest.fixture
def sentinel(tmp_path):
    """A file that code of a study would create."""
    return tmp_path / 'ran'


@pytest.fixture
def study(tmp_path, config):
    """A study with one run, as far as an ablation reads it."""
    path = str(tmp_path / 'out')
    StudyFolder.open(path, load_config(config), 3, False)
    run = dict(nested=False, seed=0, fold=1, checkpoint='epoch_1.pth')
    write(dict(runs=[run]), path, 'results.json')
    return path


def replace_config(study, change):
    """Change the config of a study as an attacker can, with its hash."""
    path = osp.join(study, 'config.json')
    content = read_json(path)
    change(content)
    write(content, path)
    manifest = read_json(study, 'cross_validation.json')
    manifest['config_sha256'] = config_hash(read_config(path, 'a.py'))
    write(manifest, study, 'cross_validation.json')


def code(sentinel):
    return f'import pathlib\npathlib.Path({str(sentinel)!r}).touch()\n'


def test_values_are_read_back_unchanged(tmp_path):
    values = dict(
        betas=(0.5, 0.999),
        nested=[((1, 2), [3]), dict(x=(dict(y=()), ))],
        codes={
            1: 'a',
            2.5: {4}
        },
        tagged={'__tuple__': [1]},
        inf=float('inf'),
        many=[True, None, 1e-3, 'é', -7])
    cfg = Config(values)
    path = str(tmp_path / 'config.json')
    save_config(cfg, path)
    again = read_config(path, 'a.py')
    assert again.to_dict() == values
    assert isinstance(again.betas, tuple) and again.filename == 'a.py'
    assert config_hash(again) == config_hash(cfg)
    with pytest.raises(UserError, match='opener: found <built-in.*as data'):
        save_config(Config(dict(opener=open)), path)


def test_the_config_of_a_study_is_read_back_unchanged(study, config):
    cfg = load_config(config)
    again = StudyFolder(study).load_config()
    assert again.to_dict() == cfg.to_dict()
    assert osp.basename(again.filename) == 'folds.py'
    assert config_hash(again) == read_json(
        study, 'cross_validation.json')['config_sha256']


@pytest.mark.parametrize('name', ['folds.py', '../evil.py', 'evil.yaml'])
def test_code_of_a_study_is_not_run(study, config, sentinel, name):
    """Neither of the config's name nor of one that the manifest names."""
    text = code(sentinel)
    if name.endswith('.yaml'):
        text = ('a: !!python/object/apply:os.system '
                f'["touch {sentinel}"]\n')
    with open(osp.join(study, name), 'w', encoding='utf-8') as file:
        file.write(text)
    manifest = read_json(study, 'cross_validation.json')
    write(dict(manifest, config=name), study, 'cross_validation.json')
    cfg = load_config(config)
    calls = [
        lambda: next(ablate_study(study)),
        lambda: cross_validate(cfg, study, train=False, collect=False)
    ]
    for call in calls:
        if name == '../evil.py':
            with pytest.raises(ValueError, match='the name of a file'):
                call()
        elif call is calls[0]:
            with pytest.raises(ValueError, match='epoch_1.pth is not a file'):
                call()
        else:
            call()
    assert not sentinel.exists()


@pytest.mark.parametrize('key, value, words', [
    ('model', dict(type='os.system', command='touch RAN'), "'os.system'"),
    ('model', dict(type='subprocess.run', args=['touch', 'RAN']), 'run'),
    ('model', dict(type='evil_module'), "'evil_module'"),
    ('model', dict(type='mmfermtl.FERMTL', _scope_='evil_module'), '_scope_'),
    ('model', dict(type='evil_module.Net'), "'evil_module.Net'"),
    ('model',
     dict(type='mmfermtl.TrainedModel', config='EVIL',
          checkpoint='a.pth'), 'TrainedModel'),
    ('runner_type', 'os.system', 'runner_type'),
    ('model',
     dict(
         type='mmpretrain.torchvision/ConvertImageDtype',
         dtype="float32 if open('RAN', 'w') else None"), 'ConvertImageDtype'),
    ('model',
     dict(type='mmpretrain.VQAGenerationHead',
          answer_list_path='RAN.pkl'), 'VQAGenerationHead'),
    ('model', dict(type='mmengine.BaseDataset', ann_file='a.pkl'), 'BaseData'),
    ('model', dict(type='CIFAR10', data_root='a'), 'CIFAR10'),
    ('compile', dict(options={'cpp.cxx': ['RAN']}), 'compile.options.cpp.cxx'),
    ('model',
     dict(
         type='mmfermtl.FERMTL',
         network=dict(
             type='mmfermtl.FERMTLNetwork',
             compile=dict(options={'trace.enabled': True}))),
     'network.compile.options'),
    ('default_scope', 'evil_module', "default_scope='evil_module'"),
    ('custom_imports', dict(imports=['evil_module']), "imports .*'evil_modul"),
])
def test_code_that_the_config_names_is_not_run(study, sentinel, monkeypatch,
                                               tmp_path, key, value, words):
    """MMEngine imports and calls types that no registry has."""
    package = tmp_path / 'evil_module'
    package.mkdir()
    for name in ('__init__.py', 'registry.py'):
        (package / name).write_text(code(sentinel))
    monkeypatch.syspath_prepend(str(tmp_path))
    text = json.dumps(value).replace('RAN', str(sentinel))
    text = text.replace('EVIL', str(package / '__init__.py'))
    replace_config(study,
                   lambda content: content.update({key: json.loads(text)}))
    with pytest.raises(UserError, match=f'config.json: .*{words}.*--config'):
        next(ablate_study(study))
    with pytest.raises(UserError, match='--config'):
        train_run(StudyFolder(study), RunKey(0, 1))
    assert not sentinel.exists()


def test_parts_of_the_ecosystem_are_not_refused():
    values = dict(
        default_scope='mmpretrain',
        model=dict(
            type='mmfermtl.FERMTL',
            backbone=dict(type='ResNet', norm_cfg=dict(type='BN')),
            init_cfg=dict(type='mmengine.Kaiming', layer='Conv2d')),
        optim_wrapper=dict(optimizer=dict(type='AdamW', betas=(0.5, 0.999))),
        compile=dict(mode='default'),
        train_cfg=dict(type='EpochBasedTrainLoop'))
    check_types(Config(values), 'config.json')


@pytest.mark.parametrize('checkpoint', ['../../../x.pth', '/x.pth', 3, None])
def test_results_that_name_files_outside_of_a_study(study, checkpoint):
    results = read_json(study, 'results.json')
    results['runs'][0]['checkpoint'] = checkpoint
    write(results, study, 'results.json')
    with pytest.raises(ValueError, match="results.json: .*without '..'"):
        next(ablate_study(study))


@pytest.mark.parametrize('name', ['seed_0', 'seed_0/fold_1',
                                  'seed_0/fold_1/.lock'])  # yapf: disable
def test_links_out_of_a_study(study, config, tmp_path, name):
    """Locks, logs and runs are not written through links."""
    outside = tmp_path / 'outside'
    outside.mkdir()
    target = outside
    if name.endswith('.lock'):
        target = outside / 'file'
        target.write_text('mine')
    path = osp.join(study, name)
    os.makedirs(osp.dirname(path), exist_ok=True)
    os.symlink(str(target), path)
    with pytest.raises(ValueError, match='leads through a link|found a link'):
        train_run(StudyFolder(study, load_config(config)), RunKey(0, 1))
    assert os.listdir(outside) == ['file'] * name.endswith('.lock')
    assert target.is_dir() or target.read_text() == 'mine'


@pytest.mark.parametrize('change, words', [
    (dict(num_folds='3'), "num_folds '3', expected a whole number"),
    (dict(config_sha256='abc'), 'expected a SHA-256'),
    (dict(amp=1), 'amp 1, expected true or false'),
    (dict(config=['a']), 'the name of a file'),
])
def test_manifests_of_the_wrong_shape(study, change, words):
    manifest = read_json(study, 'cross_validation.json')
    write({**manifest, **change}, study, 'cross_validation.json')
    with pytest.raises(ValueError, match=f'cross_validation.json: .*{words}'):
        StudyFolder(study)


@pytest.mark.parametrize('text', ['[]', '[' * 5000, '{"epochs": 3}'])
def test_markers_of_the_wrong_shape_count_as_none(study, text):
    folder = osp.join(study, 'seed_0', 'fold_1')
    os.makedirs(folder)
    with open(osp.join(folder, 'done.json'), 'w', encoding='utf-8') as file:
        file.write(text)
    assert StudyFolder(study).read_done(RunKey(0, 1)) is None


def as_written_before(cfg):
    """The same run, as the first configs of this project said it."""
    old = Config(cfg.to_dict(), filename=cfg.filename)
    old.model['loss_idt'] = old.model.pop('loss_identity')
    pairs = old.train_dataloader.dataset.pairs
    pairs['own'] = pairs.pop('identity')
    epochs = old.train_cfg.max_epochs
    for _, cosine in old.param_scheduler.values():
        cosine.update(end=epochs, T_max=epochs - cosine.begin)
    old.max_epochs = epochs  # a variable of the config file
    return old


def test_a_study_of_an_earlier_version_goes_on(tmp_path):
    """Former names, and what MMEngine fills in, are the same config."""
    cfg = load_leaf('fermtl_ckplus48.py')
    old = as_written_before(cfg)
    path = str(tmp_path / 'out')
    StudyFolder.open(path, old, 3, False)
    study = StudyFolder.open(path, cfg, 3, False)
    again = study.load_config().to_dict()
    assert again == old.to_dict() != cfg.to_dict()


@pytest.mark.parametrize('change, words', [
    (dict(model=dict(loss_identity=dict(loss_weight=3.))),
     'model.loss_identity.loss_weight: 2.0 before, 3.0 now'),
    (dict(train_dataloader=dict(dataset=dict(pairs=dict(identity=.2)))),
     'train_dataloader.dataset.pairs.identity: 0.1 before, 0.2 now'),
    (dict(train_cfg=dict(max_epochs=50)), 'train_cfg.max_epochs: 40 before'),
    (dict(param_scheduler=dict(network=[dict(type='PolyLR')])),
     'param_scheduler.network.0.type: LinearLR before, PolyLR now'),
])
def test_a_study_of_an_earlier_version_with_another_value(
        tmp_path, change, words):
    cfg = load_leaf('fermtl_ckplus48.py')
    path = str(tmp_path / 'out')
    StudyFolder.open(path, as_written_before(cfg), 3, False)
    cfg.merge_from_dict(change)
    with pytest.raises(UserError, match='belongs to another config') as error:
        StudyFolder.open(path, cfg, 3, False)
    assert words in str(error.value)


@pytest.mark.parametrize('name', LEAVES)
def test_shipped_configs_are_read_back_unchanged(tmp_path, name):
    """They are read back unchanged, and trusted."""
    cfg = load_leaf(name)
    path = str(tmp_path / 'config.json')
    save_config(cfg, path)
    again = read_config(path, name)
    assert again.to_dict() == cfg.to_dict()
    assert config_hash(again) == config_hash(cfg)
    if 'mmagic' not in name:  # it may not be installed
        check_types(again, path)
