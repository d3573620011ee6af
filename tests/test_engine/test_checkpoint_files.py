import os
import zipfile

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn

from mmfermtl.engine.checkpoints.checkpoint_files import check_checkpoint_fits
from mmfermtl.utils.safe_loading import load_checkpoint_safely


class Evil:
    """An object whose unpickling would run a command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command, )


class Reach:
    """An object whose unpickling would reach into a class."""

    def __reduce__(self):
        return getattr, (np.ndarray, 'tofile')


def save(path, value):
    torch.save(value, path)
    return str(path)


def rename_in_pickle(path, old, new):
    """Rename a module in a checkpoint; ``new`` may have any length."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in parts.items():
            if name.endswith('data.pkl'):
                assert old in content
                content = content.replace(old, new)
            archive.writestr(name, content)


def test_what_mmengine_saves_is_loaded(tmp_path):
    hub = MessageHub.get_instance('some run')
    hub.update_scalar('train/loss', 0.5)
    hub.update_scalar('train/loss', np.float32(0.25))
    path = save(
        tmp_path / 'a.pth',
        dict(
            state_dict=nn.Linear(2, 3).state_dict(),
            meta=dict(epoch=1, dataset_meta=dict(classes=('a', 'b'))),
            message_hub=hub.state_dict()))
    loaded = load_checkpoint_safely(path)
    assert loaded['state_dict']['weight'].shape == (3, 2)
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert history.mean() == 0.375


def test_what_another_numpy_saves_is_loaded(tmp_path):
    # NumPy 2 renamed the module which restores arrays; the two stacks have
    # one each.
    names = [b'numpy.core.multiarray', b'numpy._core.multiarray']
    if np.lib.NumpyVersion(np.__version__) >= '2.0.0':
        names.reverse()
    value = dict(state_dict={}, array=np.arange(3.), scalar=np.float64(2.))
    path = save(tmp_path / 'a.pth', value)
    rename_in_pickle(path, *names)
    loaded = load_checkpoint_safely(path)
    assert loaded['array'].tolist() == [0, 1, 2]
    assert loaded['scalar'] == 2


def test_bare_state_dict_is_loaded(tmp_path):
    path = save(tmp_path / 'a.pth', nn.Linear(2, 3).state_dict())
    assert set(
        load_checkpoint_safely(path)['state_dict']) == {'weight', 'bias'}


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    trace = tmp_path / 'trace'
    path = save(tmp_path / 'a.pth',
                dict(state_dict={}, x=Evil(f'touch {trace}')))
    with pytest.raises(ValueError, match='cannot be loaded safely'):
        load_checkpoint_safely(path)
    assert not trace.exists()


def test_attributes_of_other_classes_are_out_of_reach(tmp_path):
    path = save(tmp_path / 'a.pth', dict(state_dict={}, x=Reach()))
    with pytest.raises(ValueError, match='cannot be loaded safely'):
        load_checkpoint_safely(path)


def test_files_that_are_no_checkpoints(tmp_path):
    with pytest.raises(ValueError, match='gone.pth is not a file'):
        load_checkpoint_safely(str(tmp_path / 'gone.pth'))
    with pytest.raises(ValueError, match='is an address'):
        load_checkpoint_safely('https://example.org/a.pth')
    empty = tmp_path / 'empty.pth'
    empty.touch()
    with pytest.raises(ValueError, match='is empty'):
        load_checkpoint_safely(str(empty))
    for content in (b'garbage', os.urandom(5000), b'\x80\x02}q\x00.'):
        garbage = tmp_path / 'garbage.pth'
        garbage.write_bytes(content)
        with pytest.raises(ValueError, match='garbage.pth'):
            load_checkpoint_safely(str(garbage))
    for value, found in (([1], 'a list'), (dict(a=1), 'the keys a')):
        path = save(tmp_path / 'other.pth', value)
        with pytest.raises(ValueError, match=f"{found}; expected 'state_dict"):
            load_checkpoint_safely(path)


def test_truncated_checkpoint_is_damaged(tmp_path):
    path = tmp_path / 'a.pth'
    save(path, dict(state_dict=nn.Linear(50, 50).state_dict()))
    content = path.read_bytes()
    for size in (1, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match='damaged'):
            load_checkpoint_safely(str(path))


def test_fitting_checkpoint_is_accepted():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    state = {f'module.{k}': v for k, v in model.state_dict().items()}
    # PyTorch's own loading tolerates that old files lack this count.
    state.pop('module.1.num_batches_tracked')
    check_checkpoint_fits(model, dict(state_dict=state), 'a.pth', 'c.py')


def test_misfit_is_refused_with_all_reasons():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3))
    state = model.state_dict()
    del state['1.bias']
    state['extra'] = torch.zeros(1)
    state['0.weight'] = torch.zeros(4, 2)
    checkpoint = dict(
        state_dict=state,
        meta=dict(experiment_name='fermtl_toy_20240102_030405'))
    with pytest.raises(ValueError) as info:
        check_checkpoint_fits(model, checkpoint, 'a.pth', 'c.py')
    message = str(info.value)
    for words in ('a.pth', 'c.py', '1 missing keys (1.bias)',
                  '1 unexpected keys (extra)',
                  '0.weight: file (4, 2), model (3, 2)', "'fermtl_toy'"):
        assert words in message


def test_long_lists_of_keys_are_cut():
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(20)))
    with pytest.raises(ValueError, match='40 missing keys.*and 35 more'):
        check_checkpoint_fits(model, dict(state_dict={}), 'a.pth', 'c.py')
