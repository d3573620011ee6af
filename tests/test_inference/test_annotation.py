"""Boxes and labels are drawn inside of pictures of any size."""
from dataclasses import replace

import numpy as np
import pytest
from fake_faces import fake_reader, picture

from mmfermtl.inference.annotation import annotate, label


def test_faces_are_named():
    one, = fake_reader().read([picture((10, 20, 60, 255))])[0]
    assert label(one) == 'surprise > 99%'
    assert label(one, 2) == '2 surprise > 99%'
    # Rounded, but never up to certainty.
    for score, share in ((.996, '> 99%'), (.985, '98%'), (.456, '46%')):
        other = replace(one, scores=np.eye(3)[one.label] * score)
        assert label(other) == f'surprise {share}'
    one.track = 7
    assert label(one, 2) == '#7 surprise > 99%'
    one.label_set = ['surprise', 'anger']
    assert label(one) == '#7 not sure: surprise / anger'


@pytest.mark.parametrize('shape', [(1, 1), (3, 400), (400, 3), (200, 240)])
def test_pictures_of_any_size(shape):
    image = picture((0, 0, 200, 255), size=shape)
    readings = fake_reader('whole').read([image])[0]
    before = image.copy()
    drawn = annotate(image, readings, ['10.0 fps', '5 ms'])
    assert drawn.shape == image.shape and drawn.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


def test_the_rest_of_the_picture_stays():
    image = picture((60, 80, 60, 255))
    readings = fake_reader().read([image])[0]
    drawn = annotate(image, readings)
    changed = np.argwhere((drawn != image).any(axis=2))
    assert len(changed)
    assert changed.min(axis=0)[0] > 50 and changed.max(axis=0)[0] <= 142
    assert (drawn[85:135, 65:115] == 255).all()
