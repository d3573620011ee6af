"""Facts of a training in its checkpoint, compared wherever it is used."""
import copy
import os.path as osp

import pytest
import torch
from mmengine.dataset import ConcatDataset
from mmengine.runner import Runner
from narrow import shrink
from toy_runs import forget_runs

from mmfermtl.analysis.exchange_ablation import ablate_checkpoint
from mmfermtl.analysis.gate_drawing import draw_gates
from mmfermtl.apis import run_test, run_training
from mmfermtl.datasets import CKPlus, CKPlus48, SyntheticFaces
from mmfermtl.datasets.data_list import data_list_sha256
from mmfermtl.engine.checkpoints.checkpoint_check import (HeldOut,
                                                          check_held_out)
from mmfermtl.engine.checkpoints.training_facts import (FACTS_KEY,
                                                        TrainingFacts,
                                                        describe_dataset,
                                                        read_facts)
from mmfermtl.generation.generation_run import synthesize
from mmfermtl.generation.synthesis_scoring import score_from_files

PARTS = 'mmfermtl.LoadExpressionPartsHook'


def config(work_dir, **options):
    """A short run on rendered faces, of fold 0."""
    forget_runs()
    cfg = shrink('fermtl_synthetic.py', work_dir, '', images=32)
    cfg.default_hooks.pop('synthesis_grid')
    set_data(cfg, **options)
    return cfg


def set_data(cfg, **options):
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        loader.dataset.update(options)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Checkpoint of a run of fold 0."""
    work_dir = tmp_path_factory.mktemp('trained')
    run_training(config(work_dir))
    return str(work_dir / 'epoch_1.pth')


def changed(path, target, **facts):
    """A copy of a checkpoint with other facts, or without any."""
    checkpoint = torch.load(path, weights_only=False)
    if facts:
        checkpoint['meta'][FACTS_KEY].update(facts)
    else:
        del checkpoint['meta'][FACTS_KEY]
    torch.save(checkpoint, target)
    return str(target)


def load(path):
    return torch.load(path, weights_only=False)


def output(capsys):
    out = capsys.readouterr()
    return out.out + out.err


def test_what_is_recorded(trained):
    stored = load(trained)['meta'][FACTS_KEY]
    cfg = config('unused')
    dataset = SyntheticFaces(
        num_subjects=10, difficulty='wild', split='train', fold=0)
    dataset.get_subset_(32)
    facts = describe_dataset(dataset)
    assert stored['subjects'] == facts.subjects
    assert len(stored['subjects']) == len(set(dataset.get_subjects()))
    assert stored['classes'] == list(dataset.CLASSES)
    assert stored['image_size'] == [48, 48]
    assert (stored['images'], stored['batch_size'],
            stored['steps_per_epoch']) == (32, 4, 8)
    only = stored['datasets'][0]
    assert (only['type'], only['split'], only['fold'],
            only['num_folds']) == ('SyntheticFaces', 'train', 0,
                                   cfg.train_dataloader.dataset.get(
                                       'num_folds', 10))
    assert only['images'] == 32
    assert only['list_sha256'] == data_list_sha256(dataset)
    assert stored['initialised_from'] == []
    assert not any(s in str(stored) for s in set(dataset.get_subjects()))


def test_the_first_sample_uses_up_no_draw():
    dataset = SyntheticFaces(
        num_subjects=10, split='train', fold=0, pairs=dict(identity=0.5))
    torch.manual_seed(3)
    want = torch.rand(3)
    torch.manual_seed(3)
    describe_dataset(dataset)
    assert torch.equal(torch.rand(3), want)


def test_both_ck_trees_have_the_same_subjects(rendered_roots, few_ckplus48):
    crops = CKPlus48(few_ckplus48, split='train', fold=0)
    frames = CKPlus(rendered_roots['CKPlus'], split='train', fold=0)
    own, other = describe_dataset(crops), describe_dataset(frames)
    assert own.subjects == other.subjects
    both = describe_dataset(ConcatDataset([crops, crops]))
    assert both.subjects == own.subjects and both.images == 2 * own.images
    # A network of all of CK+ knows the test subjects of CK+48.
    meta = {
        FACTS_KEY:
        describe_dataset(CKPlus(rendered_roots['CKPlus'],
                                split='all')).to_dict()
    }
    held_out = HeldOut.of([CKPlus48(few_ckplus48, split='test', fold=0)])
    with pytest.raises(
            ValueError, match=r'subjects that are held out.*CK\+/S'):
        check_held_out(dict(meta=meta), 'a.pth', held_out)
    check_held_out(dict(meta={FACTS_KEY: own.to_dict()}), 'a.pth', held_out)


@pytest.mark.parametrize('way',
                         ['load_from', 'parts', 'resume', 'model', 'home'])
def test_another_fold_is_refused_however_loaded(trained, work_dir, way,
                                                monkeypatch):
    cfg = config(work_dir, fold=1)
    resume = None
    if way == 'load_from':
        cfg.load_from = trained
    elif way == 'parts':
        cfg.default_hooks.parts = dict(type=PARTS, checkpoint=trained)
    elif way == 'resume':
        resume = trained
    elif way == 'home':
        monkeypatch.setenv('HOME', osp.dirname(trained))
        cfg.model.init_cfg = dict(
            type='Pretrained', checkpoint=f'~/{osp.basename(trained)}')
    else:
        cfg.model.init_cfg = dict(type='Pretrained', checkpoint=trained)
    with pytest.raises(ValueError, match='fold|held out'):
        run_training(cfg, resume=resume)
    assert not osp.exists(osp.join(work_dir, 'epoch_1.pth'))


@pytest.mark.parametrize(
    'tool', [
        lambda cfg, path, out: draw_gates(cfg, path, out),
        lambda cfg, path, out: ablate_checkpoint(cfg, path),
        lambda cfg, path, out: score_from_files(cfg, path, cfg, path),
        lambda cfg, path, out: synthesize(cfg, path, out),
    ],
    ids=['draw_gates', 'ablate_exchange', 'score_synthesis', 'synthesize'])
def test_another_fold_is_refused_by_the_tools(trained, tmp_path, tool):
    out = tmp_path / 'out'
    with pytest.raises(ValueError, match=r'trained on \d of the 2 subjects'):
        tool(config(tmp_path, fold=1), trained, str(out))
    assert not out.exists()


def test_the_same_fold_is_taken_and_recorded(trained, work_dir, tmp_path):
    cfg = config(work_dir)
    cfg.load_from = trained
    run_training(cfg)
    second = osp.join(work_dir, 'epoch_1.pth')
    chain = load(second)['meta'][FACTS_KEY]['initialised_from']
    assert [(e['name'], e['role'])
            for e in chain] == [('epoch_1.pth', 'load_from')]
    assert chain[0]['subjects'] == load(trained)['meta'][FACTS_KEY]['subjects']
    # The chain grows, and a resumed run keeps it.
    third = tmp_path / 'third'
    cfg = config(third)
    cfg.default_hooks.parts = dict(type=PARTS, checkpoint=second)
    run_training(cfg)
    cfg = config(third)
    cfg.train_cfg.max_epochs = 2
    run_training(cfg, resume=True)
    for epoch in (1, 2):
        facts = load(third / f'epoch_{epoch}.pth')['meta'][FACTS_KEY]
        assert [e['role'] for e in facts['initialised_from']
                ] == ['LoadExpressionPartsHook', 'load_from']


def test_what_an_ancestor_was_trained_on_counts(trained, work_dir, tmp_path):
    """The checkpoint itself shares no subject, but its ancestor does."""
    everybody = describe_dataset(SyntheticFaces(num_subjects=10, split='all'))
    path = changed(
        trained,
        tmp_path / 'a.pth',
        initialised_from=everybody.as_ancestor('old.pth', 'load_from'))
    cfg = config(work_dir)
    cfg.load_from = path
    with pytest.raises(ValueError, match='old.pth, which initialised the'):
        run_training(cfg)


def test_a_foreign_runner_compares_too(trained, work_dir):
    """MMEngine's runner alone, as mmpretrain's tools build it."""
    cfg = config(work_dir, fold=1)
    cfg.load_from = trained
    with pytest.raises(ValueError, match='SyntheticFaces/F001'):
        Runner.from_cfg(cfg).train()
    cfg = config(work_dir, fold=1)
    cfg.load_from = trained
    with pytest.raises(ValueError, match='SyntheticFaces/F001'):
        Runner.from_cfg(cfg).test()


def test_a_leak_may_be_allowed(trained, work_dir, capsys):
    run_test(config(work_dir, fold=1), trained, allow_leak=True)
    assert 'as --allow-leak asks' in output(capsys)


@pytest.mark.parametrize('options, words', [
    (dict(batch_size=2), 'batch_size: 4 there, 2 here'),
    (dict(indices=16), 'steps_per_epoch: 8 there, 4 here'),
    (dict(num_folds=4), 'num_folds of SyntheticFaces: 5 there, 4 here'),
    (dict(split='inner_train'), "split of .*'train' there, 'inner_train'"),
    (dict(image_size=64), r'image_size: \[48, 48\] there, \[64, 64\] here'),
    (dict(render_seed=5), 'other training subjects'),
])
@pytest.mark.parametrize('recorded', [True, False])
def test_another_run_is_not_resumed(trained, work_dir, tmp_path, options,
                                    words, recorded):
    path = trained
    if not recorded:
        path = changed(trained, tmp_path / 'epoch_1.pth')
        if set(options) & {
                'batch_size', 'indices', 'image_size', 'render_seed'
        }:
            pytest.skip('known from the facts alone')
    cfg = config(work_dir)
    data = {k: v for k, v in options.items() if k != 'batch_size'}
    cfg.train_dataloader.dataset.update(data)
    batch = options.get('batch_size')
    if 'image_size' in options:
        cfg.train_dataloader.dataset.pipeline = [
            dict(type='mmfermtl.PackExpressionInputs')
        ]
    if batch:
        cfg.train_dataloader.batch_size = batch
    with pytest.raises(ValueError, match=f'another run.*{words}'):
        run_training(cfg, resume=path)


def test_an_earlier_version_is_compared_by_its_config(trained, work_dir,
                                                      tmp_path, capsys):
    old = changed(trained, tmp_path / 'old.pth')
    facts = read_facts(load(old), old)
    assert facts.evidence == 'config' and facts.classes
    assert facts.datasets[0]['fold'] == 0
    run_test(config(work_dir), old)
    assert 'old.pth is of an earlier version' in output(capsys)
    with pytest.raises(ValueError, match='fold: 0 there, 1 here'):
        run_test(config(work_dir, fold=1), old)


def test_bare_weights_are_named(trained, work_dir, tmp_path, capsys):
    path = str(tmp_path / 'bare.pth')
    torch.save(load(trained)['state_dict'], path)
    run_test(config(work_dir), path)
    assert 'bare.pth does not record what it was trained on' in output(capsys)


def test_classes_must_be_those_of_the_network(trained, work_dir):
    names = list(load(trained)['meta'][FACTS_KEY]['classes'])
    turned = config(work_dir, classes=names[::-1])
    for cfg in (turned, config(work_dir, classes=6),
                config(work_dir, classes=['neutral', *names[1:]])):
        with pytest.raises(ValueError, match='was trained on the classes'):
            run_test(cfg, trained)
    cfg = copy.deepcopy(turned)
    cfg.load_from = trained
    with pytest.raises(ValueError, match='LoadExpressionPartsHook'):
        forget_runs()
        run_training(cfg)


def test_images_must_be_of_the_trained_size(trained, work_dir):
    cfg = config(work_dir)
    cfg.test_dataloader.dataset.image_size = 64
    cfg.test_dataloader.dataset.pipeline = [
        dict(type='mmfermtl.PackExpressionInputs')
    ]
    with pytest.raises(ValueError, match='48 x 48 pixels.*gives 64 x 64'):
        run_test(cfg, trained)


def test_weights_of_which_none_fits(work_dir, tmp_path):
    path = str(tmp_path / 'other.pth')
    torch.save(torch.nn.Linear(2, 3).state_dict(), path)
    cfg = config(work_dir)
    cfg.load_from = path
    with pytest.raises(ValueError, match='none of the .* of the backbone'):
        run_training(cfg)
    whole = Runner.from_cfg(config(work_dir)).model.state_dict()
    state = {
        k: v.round().to(torch.int8) if 'backbone' in k else v
        for k, v in whole.items()
    }
    torch.save(state, path)
    cfg = config(work_dir)
    cfg.load_from = path
    with pytest.raises(ValueError, match='int8, model torch.float32'):
        run_training(cfg)


@pytest.mark.parametrize('facts', [
    dict(subjects=[1]),
    dict(subjects='S1'),
    dict(datasets=['a']),
    dict(datasets=[{}]),
    dict(classes='abc'),
    dict(batch_size='16'),
    dict(image_size=[48]),
    dict(initialised_from=[dict(name=3)]),
    dict(initialised_from=dict(a=1)),
])
def test_malformed_facts_are_refused(facts):
    meta = {FACTS_KEY: dict(TrainingFacts().to_dict(), **facts)}
    with pytest.raises(ValueError, match='a.pth: meta.training_facts is malf'):
        read_facts(dict(meta=meta), 'a.pth')
