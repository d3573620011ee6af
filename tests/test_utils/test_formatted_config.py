"""Tests of the config that is formatted once."""
import copy

import pytest
from mmengine.config import Config

from mmfermtl.utils.config.formatted_config import FormattedOnceConfig


@pytest.fixture
def formatted(monkeypatch):
    """Texts that MMEngine formatted."""
    texts, original = [], Config.pretty_text.fget

    def pretty_text(self):
        texts.append(original(self))
        return texts[-1]

    monkeypatch.setattr(Config, 'pretty_text', property(pretty_text))
    return texts


@pytest.fixture
def cfg(tmp_path):
    path = tmp_path / 'a.py'
    path.write_text("model = dict(type='A', depth=2)\nlr = 0.1\n")
    return Config.fromfile(path)


def test_it_is_formatted_again_only_after_a_change(cfg, formatted):
    text = cfg.pretty_text
    formatted.clear()
    once = FormattedOnceConfig.of(cfg)
    assert [once.pretty_text, once.pretty_text] == [text, text]
    assert copy.deepcopy(once).pretty_text == text
    assert len(formatted) == 1
    once.model.depth = 3
    assert 'depth=3' in once.pretty_text and 'depth=3' in once.pretty_text
    assert len(formatted) == 2
    assert once.pretty_text == Config(once.to_dict()).pretty_text


def test_nothing_of_the_config_is_lost(cfg, tmp_path):
    once = FormattedOnceConfig.of(cfg)
    assert once.pretty_text and '_formatted' not in once
    assert (once.filename, once.text) == (cfg.filename, cfg.text)
    assert once.to_dict() == cfg.to_dict()
    once.dump(tmp_path / 'b.py')
    assert Config.fromfile(tmp_path / 'b.py').to_dict() == cfg.to_dict()


def test_a_lazy_config_is_taken_over(tmp_path):
    path = tmp_path / 'lazy.py'
    path.write_text('from torch.optim import SGD\n'
                    'optimizer = dict(type=SGD, lr=0.1)\n')
    cfg = Config.fromfile(path, lazy_import=True)
    text = cfg.pretty_text
    once = copy.deepcopy(FormattedOnceConfig.of(cfg))
    assert once.pretty_text == text
    assert once.optimizer['type'] is cfg.optimizer['type']
