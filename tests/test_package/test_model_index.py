"""The model index and the READMEs agree with configs, sizes and cards."""
import os.path as osp
import re
from glob import glob

import pytest
import yaml
from mmengine.registry import init_default_scope
from modelindex.load_model_index import load
from narrow import CONFIGS, LEAVES, PATHS, load_leaf

from mmfermtl.registry import MODELS

ROOT = osp.dirname(CONFIGS)
MODEL_CARD = osp.join(ROOT, 'mmfermtl', 'weights', 'MODEL_CARD.md')
CARDS = osp.join(ROOT, 'docs', 'results', 'cards')


@pytest.fixture(scope='module')
def models():
    index = load(osp.join(ROOT, 'model-index.yml'))
    index.build_models_with_collections()
    return {osp.basename(model.config): model for model in index.models}


def test_every_metafile_is_listed():
    with open(osp.join(ROOT, 'model-index.yml'), encoding='utf-8') as file:
        listed = yaml.safe_load(file)['Import']
    metafiles = glob(osp.join(CONFIGS, '**', 'metafile.yml'), recursive=True)
    assert sorted(osp.join(ROOT, p) for p in listed) == sorted(metafiles)


def test_configs_and_sizes(models):
    init_default_scope('mmpretrain')
    counts = {}
    for name, model in models.items():
        assert osp.join(ROOT, model.config) == PATHS[name]
        network = load_leaf(name).model
        if name == 'mmagic_pix2pix_ckplus48.py':
            network = network.generator
        network = network.get('network', network)
        # Many configs have the same network.
        if str(network) not in counts:
            counts[str(network)] = sum(
                p.numel() for p in MODELS.build(network).parameters())
        assert model.metadata.parameters == counts[str(network)], name


def test_numbers_are_those_of_the_cards(models):
    cards = {
        osp.basename(path)[:-len('.md')] + '.py': open(path).read()
        for path in glob(osp.join(CARDS, '*.md'))
    }
    assert cards
    with open(MODEL_CARD, encoding='utf-8') as file:
        shipped = file.read()
    found = {}
    for name, model in models.items():
        if model.weights:
            weights = osp.splitext(osp.basename(model.weights))[0]
            number = model.results[0].metrics['Top 1 Accuracy']
            assert f'| `{weights}` | FER+ test (most votes) |' in shipped
            assert re.search(
                rf'\| `{weights}` \| FER\+ test .*\| {number:.2f} \|', shipped)
            continue
        for result in model.results or []:
            found[name] = result.metrics['Top 1 Accuracy']
    assert found == {
        name:
        float(re.search(r'\| pooled accuracy \| ([\d.]+) \|', text).group(1))
        for name, text in cards.items()
    }


@pytest.mark.parametrize('name', LEAVES)
def test_readme_of_the_folder_has_a_row(models, name):
    """With the size, the number if there is one, and its source."""
    readme = osp.join(osp.dirname(PATHS[name]), 'README.md')
    with open(readme, encoding='utf-8') as file:
        rows = re.findall(rf'^\| `{name}` \|(.*)\|$', file.read(), re.M)
    assert len(rows) == 1, f'{readme} has {len(rows)} rows of {name}'
    *_, size, accuracy, source = [cell.strip() for cell in rows[0].split('|')]
    assert source
    if name not in models:
        return
    model = models[name]
    assert size == f'{model.metadata.parameters / 1e6:.1f} M'
    if model.results:
        number = model.results[0].metrics['Top 1 Accuracy']
        assert accuracy == f'{number:.2f}' and 'our run' in source
        card = 'MODEL_CARD.md' if model.weights else f'cards/{name[:-3]}.md'
        assert card in source
    else:
        assert 'our run' not in source
        assert not accuracy or 'paper' in source
