"""Former names work for one release, with a warning."""
import argparse

import pytest
from mmengine.registry import Registry

from mmfermtl.utils.deprecation import (REMOVAL, RenamedOption,
                                        register_old_name, renamed_arguments,
                                        warn_renamed)


def test_the_warning_names_both_and_the_caller():
    with pytest.warns(FutureWarning, match=f'old is.*{REMOVAL}; use new') as w:
        warn_renamed('old', 'new', stacklevel=2)
    assert w[0].filename == __file__


def test_a_former_type_builds_the_class():
    registry = Registry('part')

    @registry.register_module()
    class Part:
        """A part."""

        def __init__(self, size, scale=1):
            self.size, self.scale = size, scale

    register_old_name(registry, 'OldPart', Part)
    with pytest.warns(FutureWarning, match="type='OldPart' is.*type='Part'"):
        part = registry.build(dict(type='OldPart', size=2, scale=3))
    assert isinstance(part, Part) and (part.size, part.scale) == (2, 3)
    assert registry.build(dict(type='Part', size=4)).size == 4
    # An error names the argument, as that of the class itself.
    with pytest.warns(FutureWarning), pytest.raises(TypeError, match='size'):
        registry.build(dict(type='OldPart'))


def test_former_arguments_are_passed_on():

    @renamed_arguments(faces='images')
    def count(images, times=1):
        return len(images) * times

    assert count(images='ab') == 2
    with pytest.warns(FutureWarning, match='faces= is.*images='):
        assert count(faces='abc', times=2) == 6
    with pytest.raises(TypeError, match='images= and its former name faces='):
        count(faces='a', images='b')


@pytest.mark.parametrize('option, warns', [('--new', False), ('--old', True)])
def test_former_options_store_the_value(recwarn, option, warns):
    parser = argparse.ArgumentParser()
    parser.add_argument('--new', '--old', type=int, action=RenamedOption)
    assert parser.parse_args([option, '3']).new == 3
    messages = [str(w.message) for w in recwarn]
    assert any('--old is deprecated' in m for m in messages) is warns
