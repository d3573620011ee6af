"""Weights and entries that no training can have written."""
import os.path as osp

import pytest
import torch
from torch import nn
from toy_runs import forget_runs

from mmfermtl.apis import load_config, run_training, set_work_dir
from mmfermtl.engine.checkpoints.checkpoint_files import check_checkpoint_fits
from mmfermtl.utils.safe_loading import load_checkpoint_safely


def saved(path, **changes):
    """A checkpoint of a linear layer with some entries replaced."""
    checkpoint = dict(state_dict=nn.Linear(2, 3).state_dict(), meta=dict())
    for key, value in changes.items():
        checkpoint[key] = value
    torch.save(checkpoint, path)
    return str(path)


WEIGHTS = [
    (torch.tensor([1., float('nan'), 0.]), 'NaN or infinite'),
    (torch.tensor([1., float('inf'), 0.]), 'NaN or infinite'),
    (torch.zeros(3, dtype=torch.complex64), 'complex64'),
    (torch.empty(3, device='meta'), 'meta device'),
    (torch.zeros(3).to_sparse(), 'sparse'),
    ('three', 'is a str'),
    ([0., 0., 0.], 'is a list'),
]


@pytest.mark.parametrize('bias, words', WEIGHTS, ids=[w for _, w in WEIGHTS])
def test_weights(tmp_path, bias, words):
    state = dict(nn.Linear(2, 3).state_dict(), bias=bias)
    path = saved(tmp_path / 'a.pth', state_dict=state)
    with pytest.raises(ValueError, match=f'a.pth: bias .*{words}'):
        load_checkpoint_safely(path)


@pytest.mark.parametrize('dtype', [torch.int8, torch.int64, torch.bool])
def test_integers_for_real_numbers(tmp_path, dtype):
    state = dict(nn.Linear(2, 3).state_dict())
    state['bias'] = torch.ones(3, dtype=dtype)
    path = saved(tmp_path / 'a.pth', state_dict=state)
    with pytest.raises(ValueError, match='keys of another type.*float32'):
        check_checkpoint_fits(
            nn.Linear(2, 3), load_checkpoint_safely(path), path, 'c.py')


def test_half_precision_fits(tmp_path):
    net = nn.Linear(2, 3)
    path = saved(
        tmp_path / 'a.pth',
        state_dict={
            k: v.half()
            for k, v in net.state_dict().items()
        })
    check_checkpoint_fits(net, load_checkpoint_safely(path), path, 'c.py')


def test_every_flipped_byte_of_a_weight_is_noticed(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / 'a.pth'
    state = nn.Linear(8, 8).state_dict()
    saved(path, state_dict=state)
    content = path.read_bytes()
    start = content.index(state['weight'].numpy().tobytes())
    for offset in range(0, 256, 37):
        flipped = bytearray(content)
        flipped[start + offset] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match='a.pth is damaged'):
            load_checkpoint_safely(str(path))


@pytest.mark.parametrize('changes, words', [
    (dict(meta=[1]), r'meta \[1\], expected an object'),
    (dict(meta='x'), "meta 'x', expected an object"),
    (dict(state_dict=[1]), "list as 'state_dict'"),
    (dict(state_dict=None), "NoneType as 'state_dict'"),
    (dict(state_dict={3: torch.zeros(1)}), '3 is a Tensor'),
    (dict(message_hub=[]), r'message_hub \[\], expected an object'),
    (dict(optimizer=torch.zeros(1)), r'optimizer tensor\(\[0.\]\), expected'),
    (dict(param_schedulers=3), 'param_schedulers 3, expected a list or an'),
    (dict(meta=dict(cfg=torch.zeros(2))), 'meta.cfg tensor.*a string'),
    (dict(meta=dict(epoch='3')), "meta.epoch '3', expected a whole number"),
    (dict(meta=dict(iter=torch.zeros(2))), 'meta.iter tensor'),
    (dict(meta=dict(seed='a')), "meta.seed 'a'"),
    (dict(meta=dict(experiment_name=b'a')), "meta.experiment_name b'a'"),
    (dict(meta=dict(dataset_meta=['a'])), r"meta.dataset_meta \['a'\]"),
    (dict(meta=dict(dataset_meta=dict(classes=3))), 'dataset_meta.classes 3'),
    (dict(meta=dict(dataset_meta=dict(classes=[1, 2]))), 'expected names'),
    (dict(meta=dict(training_facts=[])), r'meta.training_facts \[\]'),
])
def test_types(tmp_path, changes, words):
    path = saved(tmp_path / 'a.pth', **changes)
    with pytest.raises(ValueError, match=f'a.pth.*{words}'):
        load_checkpoint_safely(path)


def test_no_meta_is_an_empty_one(tmp_path):
    path = saved(tmp_path / 'a.pth', meta=None)
    assert load_checkpoint_safely(path)['meta'] == {}


@pytest.mark.parametrize('key, value', [
    ('optimizer', dict(state=3)),
    ('optimizer', dict()),
    ('optimizer', dict(param_groups=[dict(params='x')], state={})),
    ('param_schedulers', [3]),
    ('message_hub', dict(log_scalars=3)),
    ('message_hub', dict(runtime_info=[3])),
])
def test_state_that_cannot_be_resumed(toy_config, work_dir, key, value):

    def config():
        forget_runs()
        cfg = load_config(toy_config)
        set_work_dir(cfg, work_dir)
        return cfg

    run_training(config())
    path = osp.join(work_dir, 'epoch_1.pth')
    checkpoint = torch.load(path, weights_only=False)
    checkpoint[key] = value
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match='epoch_1.pth cannot be resumed'):
        run_training(config(), resume=path)
