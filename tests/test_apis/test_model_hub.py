"""mmpretrain and MMEngine know our models by name."""
import os
import os.path as osp
from glob import glob

import numpy as np
import pytest
import torch
import yaml
from mmengine.hub import get_model as get_hub_model
from mmengine.infer import BaseInferencer
from mmpretrain.apis import (ImageClassificationInferencer, ModelHub,
                             get_model, inference_model, list_models)
from narrow import CONFIGS

from mmfermtl.apis import load_model, register_models
from mmfermtl.cli.checks.detector import FACE
from mmfermtl.engine.checkpoints.published_weights import read_weights
from mmfermtl.utils import model_index

ROOT = osp.dirname(CONFIGS)
SHIPPED, WITHOUT = 'fer-tiny_ferplus', 'fermtl-tiny_wild_synthetic'
WEIGHTS = 'fer_tiny_ferplus'


@pytest.fixture(autouse=True)
def hub(monkeypatch):
    """The hub of mmpretrain, without ours that another test registered."""
    ModelHub._register_mmpretrain_models()
    others = {
        name: model
        for name, model in ModelHub._models_dict.items()
        if not str(model.config).startswith(CONFIGS)
    }
    monkeypatch.setattr(ModelHub, '_models_dict', others)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An installed package in small: configs and index are in .mim."""
    package = tmp_path / 'site' / 'mmfermtl'
    mim = package / '.mim'
    mim.mkdir(parents=True)
    for name in ('configs', 'model-index.yml'):
        os.symlink(osp.join(ROOT, name), mim / name)
    monkeypatch.setattr(model_index, 'PACKAGE_DIR', str(package))
    return package


def test_names_are_those_of_the_metafiles():
    names = []
    for path in glob(osp.join(CONFIGS, '**', 'metafile.yml'), recursive=True):
        with open(path, encoding='utf-8') as file:
            names += [m['Name'] for m in yaml.safe_load(file)['Models']]
    before = set(list_models())
    assert register_models() == sorted(names)
    # Again, which mmpretrain would refuse.
    assert register_models() == sorted(names)
    assert set(list_models()) == before | set(names)
    assert WITHOUT in list_models('*fermtl*')
    assert SHIPPED in ImageClassificationInferencer.list_models('fer-')
    assert SHIPPED in BaseInferencer.list_models('mmfermtl')


def test_scores_are_those_of_the_shipped_weights(monkeypatch):
    """Whoever loads them, and nothing is unpickled."""
    register_models()
    monkeypatch.setattr(torch, 'load', lambda *_, **__: pytest.fail('pickle'))
    ours = load_model(WEIGHTS)
    theirs = get_model(SHIPPED, pretrained=True)
    state = theirs.state_dict()
    assert state.keys() == ours.state_dict().keys()
    for key, value in ours.state_dict().items():
        assert torch.equal(state[key], value), key
    read = ImageClassificationInferencer(theirs)
    batch = next(iter(read.preprocess([FACE])))
    with torch.no_grad():
        wanted = ours.test_step(batch)[0].pred_score.numpy()
    classes = read_weights(WEIGHTS).classes
    for found in (read(FACE)[0],
                  ImageClassificationInferencer(SHIPPED)(FACE)[0],
                  inference_model(SHIPPED, FACE)):
        np.testing.assert_array_equal(found['pred_scores'], wanted)
        assert found['pred_class'] == classes[int(wanted.argmax())]
    assert 0.4 < wanted.max() < 1


def test_models_without_weights_say_so():
    register_models()
    message = f'the model {WITHOUT} has no published weights'
    with pytest.raises(FileNotFoundError, match=message):
        get_model(WITHOUT, pretrained=True)
    with pytest.raises(FileNotFoundError, match=message):
        ImageClassificationInferencer(WITHOUT)
    model = get_model(WITHOUT)
    images = torch.zeros(2, 1, 48, 48)
    assert model(images).shape == (2, 8)


def test_an_installed_package(installed):
    assert SHIPPED in register_models()
    model = get_model(SHIPPED, pretrained=True)
    assert model._config.filename.startswith(str(installed / '.mim'))
    assert torch.equal(model.network.head.fc.weight,
                       load_model(WEIGHTS).network.head.fc.weight)


def test_a_package_without_configs(installed):
    (installed / '.mim' / 'model-index.yml').unlink()
    with pytest.raises(FileNotFoundError, match='install the package again'):
        register_models()


def test_the_hub_of_mmengine(installed, monkeypatch, tmp_path):
    """Also where the weights are not below the working folder."""
    monkeypatch.setattr('mmengine.hub.hub.get_installed_path',
                        lambda name: str(installed))
    monkeypatch.chdir(tmp_path)
    model = get_hub_model('mmfermtl::single_task/fer_ferplus_restart.py', True)
    wanted = load_model(WEIGHTS).state_dict()
    assert all(
        torch.equal(value, wanted[key])
        for key, value in model.state_dict().items())
    with pytest.raises(AssertionError, match='Weights'):
        get_hub_model('mmfermtl::tiny/fermtl_wild_synthetic.py', True)


def test_mmpretrain_is_missing(monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, 'mmpretrain.apis', None)
    with pytest.raises(ImportError, match=r'mmfermtl\[onedl\]'):
        register_models()
