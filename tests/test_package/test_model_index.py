"""The model index names configs that exist, and numbers that cards hold."""
import os.path as osp
import re
from glob import glob

import pytest
from mmengine.registry import init_default_scope
from modelindex.load_model_index import load
from narrow import LEAVES, load_leaf

from mmfermtl.registry import MODELS

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
CARDS = osp.join(ROOT, 'docs', 'cards')


@pytest.fixture(scope='module')
def models():
    index = load(osp.join(ROOT, 'model-index.yml'))
    index.build_models_with_collections()
    return {osp.basename(model.config): model for model in index.models}


def test_configs_and_sizes(models):
    init_default_scope('mmpretrain')
    assert set(models) <= set(LEAVES) and len(models) >= 16
    for name, model in models.items():
        assert osp.isfile(osp.join(ROOT, model.config))
        network = MODELS.build(load_leaf(name).model.network)
        count = sum(p.numel() for p in network.parameters())
        assert model.metadata.parameters == count, name


def test_numbers_are_those_of_the_cards(models):
    cards = {
        osp.basename(path)[:-len('.md')] + '.py': open(path).read()
        for path in glob(osp.join(CARDS, '*.md'))
    }
    assert cards
    found = {}
    for name, model in models.items():
        for result in model.results or []:
            found[name] = result.metrics['Top 1 Accuracy']
    assert found == {
        name:
        float(re.search(r'\| pooled accuracy \| ([\d.]+) \|', text).group(1))
        for name, text in cards.items()
    }


def test_tables_of_the_readme(models):
    """A row for each model, with its size, its number and where that is
    from."""
    with open(osp.join(ROOT, 'README.md'), encoding='utf-8') as file:
        text = file.read()
    section = text[text.index('\n## Results'):text.index('\n## Reproducible')]
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip('| ').split('|')]
        for name in re.findall(r'`(\w+\.py)`', cells[0]):
            rows[name] = cells[-3:]
    assert set(models) <= set(rows)
    for name, model in models.items():
        size, accuracy, source = rows[name]
        assert f'{model.metadata.parameters / 1e6:.1f} M' in size, name
        if model.results:
            number = model.results[0].metrics['Top 1 Accuracy']
            assert accuracy == f'{number:.2f}' and 'our run' in source, name
            assert f'cards/{name[:-3]}.md' in source
        else:
            assert 'our run' not in source, name
            assert not accuracy or 'paper' in source, name
