from dataclasses import asdict, replace

import numpy as np
import pytest

from mmfermtl.datasets.rendered import face_parameters as params
from mmfermtl.datasets.rendered.face_renderer import render_face

PROTOTYPES = params.PROTOTYPES
EMOTIONS = [name for name in PROTOTYPES if name != 'neutral']
UPPER, LOWER = slice(8, 24), slice(29, 46)  # rows of eyes and mouth at 48 px


def render(expression,
           seed=0,
           intensity=1.,
           view=params.ViewParameters(),
           **kwargs):
    rng = np.random.default_rng(seed)
    subject = replace(params.sample_identity(rng), beard='none')
    face = params.expression_parameters(expression, intensity, rng)
    return render_face(subject, face, view, **kwargs)


def distance(first, second):
    return np.abs(first.astype(float) - second.astype(float)).mean()


def test_same_seeds_give_the_same_image_and_other_seeds_another():
    views = [
        params.sample_view(np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    first, again, other = [
        render('fear', seed=5, view=view, channels=3) for view in views
    ]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert distance(render('fear', seed=5), render('fear', seed=6)) > 5


@pytest.mark.parametrize('size', [16, 48, 49, 96])
@pytest.mark.parametrize('channels', [1, 3])
def test_shape_type_and_range(size, channels):
    image = render('happiness', size=size, channels=channels)
    assert image.shape == (size, size, 3)[:2 + (channels == 3)]
    assert image.dtype == np.uint8
    assert image.max() - image.min() > 80


def test_grey_is_the_luma_of_colour():
    colour = render('disgust', channels=3).astype(float)
    grey = colour @ np.array((0.114, 0.587, 0.299))
    assert distance(grey, render('disgust', channels=1)) < 2
    assert np.ptp(colour, axis=2).max() > 30


@pytest.mark.parametrize('expression', PROTOTYPES)
def test_intensity_zero_is_neutral(expression):
    neutral = render('neutral')
    assert np.array_equal(render(expression, intensity=0.), neutral)
    assert np.array_equal(render('neutral', intensity=1.), neutral)


@pytest.mark.parametrize('expression', EMOTIONS)
@pytest.mark.parametrize('seed', range(4))
def test_expressions_leave_neutral_as_they_grow(expression, seed):
    neutral = render('neutral', seed)
    half = distance(render(expression, seed, 0.5), neutral)
    full = distance(render(expression, seed, 1.), neutral)
    assert 0.3 < half < full


@pytest.mark.parametrize('seed', range(4))
def test_every_two_expressions_differ(seed):
    images = [render(name, seed) for name in PROTOTYPES]
    gaps = [distance(a, b) for i, a in enumerate(images) for b in images[:i]]
    assert min(gaps) > 0.5


def test_surprise_darkens_the_mouth():
    mouth = (LOWER, slice(18, 30))
    at_rest, open_wide = 0, 0
    for seed in range(8):
        neutral = render('neutral', seed)[mouth]
        dark = 0.6 * np.median(neutral)
        at_rest += np.sum(neutral < dark)
        open_wide += np.sum(render('surprise', seed)[mouth] < dark)
    assert open_wide > 1.5 * at_rest


@pytest.mark.parametrize('seed', range(4))
def test_surprise_moves_the_brows_and_contempt_does_not(seed):
    neutral = render('neutral', seed)
    assert distance(render('surprise', seed)[UPPER], neutral[UPPER]) > 2
    assert distance(render('contempt', seed)[:12], neutral[:12]) < 0.1


@pytest.mark.parametrize('seed', range(4))
def test_only_contempt_is_one_sided(seed):

    def asymmetry(expression):
        mouth = render(expression, seed)[LOWER].astype(float)
        return np.abs(mouth - mouth[:, ::-1]).mean()

    happiness = params.expression_parameters('happiness', 1.,
                                             np.random.default_rng(seed))
    contempt = params.expression_parameters('contempt', 1.,
                                            np.random.default_rng(seed))
    assert min(happiness.lip_pull_left, happiness.lip_pull_right) > 0.5
    assert min(contempt.lip_pull_left, contempt.lip_pull_right) == 0
    assert asymmetry('contempt') > 2 * asymmetry('neutral')


def test_contempt_takes_either_side():
    sides = [
        params.expression_parameters('contempt', 1.,
                                     np.random.default_rng(seed)).lip_pull_left
        > 0 for seed in range(20)
    ]
    assert 3 < sum(sides) < 17


def test_style_belongs_to_the_subject_and_intensity_scales_it():
    peak, half, other = [
        asdict(
            params.expression_parameters('anger', intensity,
                                         np.random.default_rng(seed)))
        for intensity, seed in ((1., 3), (0.5, 3), (1., 4))
    ]
    assert {k: 0.5 * v for k, v in peak.items()} == pytest.approx(half)
    assert peak != other


def test_generator_advances_alike_for_every_expression():
    states = []
    for name in PROTOTYPES:
        rng = np.random.default_rng(1)
        params.expression_parameters(name, 1., rng)
        states.append(rng.random())
    assert len(set(states)) == 1


def test_subjects_differ():
    rng = np.random.default_rng(0)
    subjects = [params.sample_identity(rng) for _ in range(60)]
    for trait in ('hair_style', 'glasses', 'beard'):
        assert len({getattr(subject, trait) for subject in subjects}) >= 3
    assert len({subject.skin for subject in subjects}) > 40
    for subject in subjects:
        face = params.ExpressionParameters()
        assert render_face(subject, face, params.ViewParameters()).std() > 10


def test_jitter_is_small_next_to_another_view():
    rng = np.random.default_rng(0)
    view = params.sample_view(rng)
    still = render('neutral', view=view)
    near = render('neutral', view=params.jitter_view(view, rng))
    far = render('neutral', view=params.sample_view(rng))
    assert 0 < distance(still, near) < 0.5 * distance(still, far)


@pytest.mark.parametrize('intensity', [1.2, -0.1, float('nan')])
def test_bad_intensity(intensity):
    with pytest.raises(ValueError, match=rf'{intensity}.*\[0, 1\]'):
        params.expression_parameters('anger', intensity,
                                     np.random.default_rng(0))


@pytest.mark.parametrize(
    'kwargs', [dict(size=8), dict(size=5000),
               dict(channels=2)])
def test_bad_size_or_channels(kwargs):
    with pytest.raises(ValueError, match='16 to 1024 and 1 or 3 channels'):
        render('neutral', **kwargs)
