"""Initialising parts from a run on another dataset."""
import os
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from narrow import shrink
from torch import nn
from toy_runs import forget_runs

from mmfermtl.engine import LoadExpressionPartsHook
from mmfermtl.expressions import CLASS_SETS
from mmfermtl.utils.errors import is_user_error

SIX, SEVEN = CLASS_SETS[6], CLASS_SETS[7]


def config(work_dir, classes=SEVEN, **hooks):
    """A short run on rendered faces, with hooks by their type."""
    forget_runs()
    cfg = shrink('fermtl_synthetic.py', work_dir, '')
    for part in (cfg.model.network.head, cfg.model.network.generator,
                 cfg.model.discriminator):
        part.num_classes = len(classes)
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        loader.dataset.classes = list(classes)
    cfg.default_hooks.update({k: dict(type=k, **v) for k, v in hooks.items()})
    return cfg


@pytest.fixture(scope='module')
def six(tmp_path_factory):
    """Checkpoint of a run with six classes, and its weights."""
    work_dir = tmp_path_factory.mktemp('six')
    Runner.from_cfg(config(work_dir, SIX)).train()
    path = str(work_dir / 'epoch_1.pth')
    return path, torch.load(path, weights_only=False)['state_dict']


class Probe(Hook):
    """Keeps the weights before training and after its first iteration."""

    priority = 'LOWEST'

    def before_train(self, runner):
        state = runner.model.state_dict()
        self.before = {k: v.clone() for k, v in state.items()}

    def after_train_iter(self, runner, batch_idx, *args, **kwargs):
        if runner.iter == 0:
            self.after = {
                k: v.clone()
                for k, v in runner.model.named_parameters()
            }
            self.ema = [
                h.ema_model.module for h in runner.hooks
                if type(h).__name__ == 'EMAHook'
            ]
            self.ema = [dict(m.named_parameters()) for m in self.ema]
            self.ema = [{k: v.clone() for k, v in m.items()} for m in self.ema]


def run(cfg):
    runner, probe = Runner.from_cfg(cfg), Probe()
    runner.register_hook(probe)
    runner.train()
    return probe


def load(path):
    return {'mmfermtl.LoadExpressionPartsHook': dict(checkpoint=path)}


def test_a_new_run_is_initialised_from_the_parts(six, work_dir):
    """Backbone and classifier are those of the file, by name; the rest is
    as in a run without it; and an EMA starts from there."""
    path, trained = six
    scratch = run(config(work_dir)).before
    probe = run(config(work_dir, **load(path), EMAHook={}))
    found = probe.before
    for key, value in found.items():
        if key in ('network.head.fc.weight', 'network.head.fc.bias'):
            for k, name in enumerate(SEVEN):
                want = (
                    scratch[key][k]
                    if name == 'contempt' else trained[key][SIX.index(name)])
                torch.testing.assert_close(value[k], want, rtol=0, atol=0)
        else:
            loaded = key.startswith(('network.backbone', 'network.head'))
            want = trained[key] if loaded else scratch[key]
            torch.testing.assert_close(value, want, rtol=0, atol=0)
    assert any('running_mean' in k for k in found)
    assert not torch.equal(trained['network.head.conv.conv.weight'],
                           scratch['network.head.conv.conv.weight'])
    for key, value in probe.ema[0].items():
        torch.testing.assert_close(value, probe.after[key], rtol=0, atol=0)


def test_a_resumed_run_loads_no_parts(six, work_dir, tmp_path):
    missing = str(tmp_path / 'gone.pth')
    Runner.from_cfg(config(work_dir)).train()
    cfg = config(work_dir, **load(missing))
    cfg.merge_from_dict(dict(resume=True, train_cfg=dict(max_epochs=2)))
    trained = torch.load(
        f'{work_dir}/epoch_1.pth', weights_only=False)['state_dict']
    probe = run(cfg)
    for key, value in probe.before.items():
        torch.testing.assert_close(value, trained[key], rtol=0, atol=0)


def test_a_test_loads_no_parts(work_dir, tmp_path):
    Runner.from_cfg(config(work_dir)).train()
    cfg = config(work_dir, **load(str(tmp_path / 'gone.pth')))
    cfg.load_from = f'{work_dir}/epoch_1.pth'
    assert 0 <= Runner.from_cfg(cfg).test()['accuracy/top1'] <= 100


def test_classes_are_found_through_wrappers(six, work_dir):
    cfg = config(work_dir, SEVEN[::-1], **load(six[0]))
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset',
        times=1,
        dataset=dict(
            type='ConcatDataset', datasets=[cfg.train_dataloader.dataset] * 2))
    found = run(cfg).before['network.head.fc.bias']
    trained = six[1]['network.head.fc.bias']
    for k, name in enumerate(SEVEN[::-1]):
        if name != 'contempt':
            assert found[k] == trained[SIX.index(name)]


class Net(nn.Module):
    """A backbone and a head, as direct children."""

    def __init__(self, num_classes=3, width=4, head=None):
        super().__init__()
        self.backbone = nn.Conv2d(1, width, 3)
        self.head = head or nn.Sequential(
            nn.Linear(width, num_classes), nn.ReLU(),
            nn.Linear(num_classes, num_classes))


NAMES = ('anger', 'fear', 'happiness')


def start(path, model, train_classes=NAMES, cfg=None, **options):
    """Run the hook alone; give the lines of the log."""
    lines = []
    logger = SimpleNamespace(info=lines.append)
    dataset = SimpleNamespace(metainfo=dict(classes=train_classes))
    cfg = Config(cfg or {}, cfg_text='text', filename='mine.py')
    runner = SimpleNamespace(
        iter=0,
        cfg=cfg,
        model=model,
        logger=logger,
        hooks=[],
        train_dataloader=SimpleNamespace(dataset=dataset),
        **{
            f'_{name}_{part}': None
            for name in ('val', 'test')
            for part in ('loop', 'dataloader')
        })
    LoadExpressionPartsHook(str(path), **options).before_train(runner)
    return lines


def save(path, model, classes=NAMES, prefix='', **meta):
    if classes is not None:
        meta['dataset_meta'] = dict(classes=classes)
    state = {prefix + k: v for k, v in model.state_dict().items()}
    torch.save(dict(state_dict=state, meta=meta), path)
    return path


def test_other_spellings_and_order(tmp_path):
    """The last layer is matched by class, a hidden layer of equal size is
    not; the log lists the classes."""
    old, new = Net(), Net(4)
    old.head[0], new.head[0] = nn.Linear(4, 4), nn.Linear(4, 4)
    old.head[2], new.head[2] = nn.Linear(4, 3), nn.Linear(4, 4)
    initial = new.head[2].bias.detach().clone()
    path = save(tmp_path / 'a.pth', old, ('Sad', 'Happy', 'Angry'))
    lines = start(path, new, ('happiness', 'anger', 'contempt', 'fear'))
    torch.testing.assert_close(new.head[0].weight, old.head[0].weight)
    want = [old.head[2].bias[1], old.head[2].bias[2], *initial[2:]]
    torch.testing.assert_close(new.head[2].bias, torch.stack(want))
    assert ('transferred by class name: happiness, anger; initialised from '
            'scratch: contempt, fear; dropped: sadness') in lines[0]


@pytest.mark.parametrize('prefix', ['', 'network.', 'module.network.'])
def test_wherever_the_network_is(tmp_path, prefix):
    old, inner = Net(), Net()
    outer = nn.Module()
    outer.network = inner
    path = save(tmp_path / 'a.pth', old, prefix=prefix)
    start(path, outer)
    for a, b in zip(inner.parameters(), old.parameters()):
        torch.testing.assert_close(a, b)


def test_parts_may_be_fewer_and_classes_be_given(tmp_path):
    old, new = Net(5), Net(3)
    before = new.head[2].bias.detach().clone()
    path = save(tmp_path / 'a.pth', old, None)
    start(path, new, parts=('backbone', ))
    torch.testing.assert_close(new.backbone.weight, old.backbone.weight)
    torch.testing.assert_close(new.head[2].bias, before)
    path = save(tmp_path / 'b.pth', Net(3), None)
    start(path, new, classes=NAMES)
    with pytest.raises(ValueError, match='does not record the classes.*`clas'):
        start(path, new)


def test_modules_that_the_checkpoint_lacks(tmp_path):
    """They are copied from others, or may stay as they are."""
    old, new = Net(), Net()
    old.backbone = nn.ModuleDict(dict(one=nn.Linear(2, 2)))
    new.backbone = nn.ModuleDict(
        {name: nn.Linear(2, 2)
         for name in ('one', 'other', 'unit')})
    initial = new.backbone.unit.weight.detach().clone()
    path = save(tmp_path / 'a.pth', old)
    copies = {'backbone.other': 'backbone.one'}
    with pytest.raises(ValueError, match=r'missing keys \(backbone.unit'):
        start(path, new, copies=copies)
    start(path, new, copies=copies, from_scratch=['backbone.unit'])
    for name in ('one', 'other'):
        torch.testing.assert_close(new.backbone[name].weight,
                                   old.backbone.one.weight)
    torch.testing.assert_close(new.backbone.unit.weight, initial)
    # What the checkpoint has is loaded all the same.
    start(
        save(tmp_path / 'b.pth', new),
        new,
        copies={'backbone.unit': 'backbone.one'},
        from_scratch=['backbone.unit'])
    torch.testing.assert_close(new.backbone.unit.weight, initial)
    # Of a model without the original, it is moved, to several if need be.
    moved = Net()
    moved.backbone = nn.ModuleDict(
        {name: nn.Linear(2, 2)
         for name in ('other', 'more')})
    start(
        path,
        moved,
        copies={
            'backbone.other': 'backbone.one',
            'backbone.more': 'backbone.one'
        })
    for name in ('other', 'more'):
        torch.testing.assert_close(moved.backbone[name].weight,
                                   old.backbone.one.weight)
    with pytest.raises(ValueError, match="'backbone.two'.*has no weights"):
        start(path, new, copies={'backbone.other': 'backbone.two'})


def mistakes(tmp_path):
    """Files, models and options that cannot work, and their messages."""
    good = save(tmp_path / 'good.pth', Net())
    yield tmp_path / 'gone.pth', {}, 'gone.pth is not a file'
    half = tmp_path / 'half.pth'
    half.write_bytes(good.read_bytes()[:900])
    yield half, {}, 'half.pth is damaged'
    evil = tmp_path / 'evil.pth'
    torch.save(dict(state_dict={}, x=os.system), evil)
    yield evil, {}, 'evil.pth cannot be loaded safely: it holds posix.system'
    wide = save(
        tmp_path / 'wide.pth',
        Net(width=5),
        experiment_name='pre_20240102_030405')
    yield wide, {}, (
        r'wide.pth does not fit the parts backbone, head of mine.py: 3 keys '
        r'of another shape \(backbone.weight: file \(5, 1, 3, 3\), model .*'
        r"with config 'pre'; backbone and head must have the same")
    less = Net()
    less.backbone.register_parameter('bias', None)
    yield save(tmp_path / 'less.pth', less), {}, (
        r'less.pth .*1 missing keys \(backbone.bias\).*the same options')
    more = Net()
    more.backbone.extra = nn.Linear(1, 1)
    yield save(tmp_path / 'more.pth', more), {}, '2 unexpected keys'
    none = save(tmp_path / 'none.pth', Net(), ('sad', 'disgust', 'contempt'))
    yield none, {}, "no class of the checkpoint .*none.pth .*leave 'head' out"
    cats = save(tmp_path / 'cats.pth', Net(), ('cat', 'dog', 'cow'))
    yield cats, {}, "no class of the checkpoint .*cats.pth .*'head' out"
    two = save(tmp_path / 'two.pth', Net(), NAMES[:2])
    yield two, {}, r'two.pth: head.2.weight has .*\(3, 3\), expected 2 classes'
    body = save(tmp_path / 'body.pth', nn.ModuleDict(dict(backbone=Net())))
    yield body, {}, r'body.pth does not fit.*missing keys.*head\.'
    yield good, dict(
        parts=('backbone',
               'tail')), ("no weights in 'tail'; its parts are backbone, head")
    yield good, dict(train_classes='anger fear surprise sadness'.split()), (
        'mine.py: no layer of the head has 4 outputs.*num_classes')
    yield good, dict(cfg=dict(load_from='b.pth')), 'b.pth .*remove one'


def test_mistakes_are_named(tmp_path):
    count = 0
    for path, options, message in mistakes(tmp_path):
        with pytest.raises(ValueError, match=message) as info:
            start(path, Net(), **options)
        assert is_user_error(info.value), message
        count += 1
    assert count == 13
    with pytest.raises(ValueError, match="parts='backbone'.*a list"):
        LoadExpressionPartsHook('a.pth', parts='backbone')


def test_nothing_changes_if_something_does_not_fit(tmp_path):
    model, other = Net(), Net()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    del other.head[0]
    with pytest.raises(ValueError, match='missing'):
        start(save(tmp_path / 'a.pth', other), model)
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
