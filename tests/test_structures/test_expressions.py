"""Canonical names of expressions."""
import pytest

from mmfermtl.expressions import (ALIASES, EXPRESSIONS, canonical_expression,
                                  resolve_classes)


def test_every_known_spelling():
    for name in EXPRESSIONS:
        assert canonical_expression(name.upper()) == name
    for alias, name in ALIASES.items():
        assert canonical_expression(f' {alias.title()} ') == name


def test_class_sets():
    assert len(resolve_classes(6)) == 6 and 'contempt' in resolve_classes(7)
    assert resolve_classes(8) == EXPRESSIONS
    assert resolve_classes(['Happy', 'sad']) == ('happiness', 'sadness')


def test_custom_names():
    assert resolve_classes([' Calm', 'joy'],
                           allow_custom=True) == ('Calm', 'happiness')
    assert canonical_expression('CALM', custom=('Calm', )) == 'Calm'
    for classes, message in ((['calm', 'CALM'], 'an expression twice'),
                             (['calm', ''], 'an empty name'), ([], 'is empty'),
                             (5, 'not a class set')):
        with pytest.raises(ValueError, match=message):
            resolve_classes(classes, allow_custom=True)


@pytest.mark.parametrize('classes, message', [
    (5, 'classes=5 is not a class set'),
    (['happy', 'joy'], 'names an expression twice'),
    ([], 'is empty'),
    (['happy', ' '], "unknown expression ' '"),
    ('happy', 'is a single string'),
    (['bored'], "unknown expression 'bored'; known are: neutral"),
])
def test_wrong_classes(classes, message):
    with pytest.raises(ValueError, match=message):
        resolve_classes(classes)
