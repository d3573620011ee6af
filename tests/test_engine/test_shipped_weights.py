"""The weights that come with the package."""
import os.path as osp
from glob import glob

import numpy as np
import pytest
import torch
import yaml
from mmengine.dataset import Compose, pseudo_collate
from narrow import CONFIGS

from mmfermtl.apis import load_model
from mmfermtl.datasets import SyntheticFaces
from mmfermtl.engine.checkpoints.published_weights import read_weights
from mmfermtl.inference.backend import DEFAULT_WEIGHTS
from mmfermtl.registry import TRANSFORMS
from mmfermtl.utils.contained_files import file_sha256
from mmfermtl.utils.safe_loading.published_checkpoint import (FOLDER,
                                                              list_published)

#: Sets whose terms allow to pass on what was trained on them.
SOURCES = {'FERPlus', 'SyntheticFaces'}


def test_there_are_some():
    assert {'fer_tiny_ferplus', 'fermtl_tiny_ferplus'} <= set(list_published())
    assert DEFAULT_WEIGHTS in list_published()
    size = sum(osp.getsize(path) for path in glob(osp.join(FOLDER, '*')))
    assert size < 20e6
    for name in ('WEIGHTS-LICENSE', 'MODEL_CARD.md'):
        assert osp.isfile(osp.join(FOLDER, name))


@pytest.mark.parametrize('name', list_published())
def test_they_are_those_of_the_index(name):
    path = osp.join(FOLDER, f'{name}.safetensors')
    metafiles = glob(osp.join(CONFIGS, '**', 'metafile.yml'), recursive=True)
    found = {}
    for metafile in metafiles:
        with open(metafile, encoding='utf-8') as file:
            for model in yaml.safe_load(file)['Models']:
                found[model.get('Weights')] = model['Metadata'].get('SHA256')
    assert found[f'mmfermtl/weights/{name}.safetensors'] == file_sha256(path)


@pytest.mark.parametrize('name', list_published())
def test_no_set_is_in_them_that_must_not_be(name):
    facts = read_weights(name).description['training_facts']
    entries = [facts, *facts['initialised_from']]
    for entry in entries:
        assert entry['evidence'] == 'facts'
        assert {d['type'] for d in entry['datasets']} <= SOURCES


@pytest.mark.parametrize('name', list_published())
def test_they_read_faces_they_have_not_seen(name):
    """Rendered ones, of expressions that are drawn plainly."""
    weights = read_weights(name)
    model = load_model(name)
    pipeline = Compose(
        [TRANSFORMS.build(t) for t in weights.description['pipeline']])
    faces = SyntheticFaces(num_subjects=20, split='test', fold=0)
    wanted = ('happiness', 'surprise')
    right = []
    with torch.no_grad():
        for index in range(len(faces)):
            record = faces.get_data_info(index)
            expression = faces.CLASSES[record['gt_label']]
            if expression not in wanted:
                continue
            item = pipeline(dict(img=record['img']))
            sample, = model.test_step(pseudo_collate([item]))
            right.append(weights.classes[int(sample.pred_label)] == expression)
    assert len(right) == 12 and np.mean(right) > 0.6
