"""Rendered faces that are hard to read."""
from collections import Counter
from dataclasses import asdict, replace

import numpy as np
import pytest

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.datasets.rendered import face_conditions as conditions
from mmfermtl.datasets.rendered import face_parameters as params
from mmfermtl.datasets.rendered import face_scenes as scenes
from mmfermtl.datasets.rendered import face_targets as targets
from mmfermtl.datasets.rendered.face_renderer import render_face
from mmfermtl.datasets.target_sampler import Target

EXPRESSIONS = tuple(params.PROTOTYPES)
LAST = 7  # frame of the peak


def faces(difficulty='wild', **kwargs):
    options = dict(num_subjects=2, num_folds=2, split='all', fold=None)
    return SyntheticFaces(difficulty=difficulty, **{**options, **kwargs})


def images(dataset, order=None):
    order = range(len(dataset)) if order is None else order
    return {i: dataset.get_data_info(i)['img'] for i in order}


def scene(subject=0, code=1, frame=LAST, difficulty='wild'):
    return scenes.sample_scene(difficulty, [0, subject], code, frame, LAST + 1)


def distance(first, second):
    return np.abs(first.astype(float) - second.astype(float)).mean()


@pytest.mark.parametrize('channels', [1, 3])
def test_the_studio_is_what_it_was(channels):
    dataset = faces('studio', channels=channels, classes=8)
    for idx in (0, 5, 30):
        info = dataset.get_data_info(idx)
        # The recipe before there was another difficulty.
        seed = [0, int(info['subject'][1:])]
        code, frame = int(info['sequence']), info['frame_index']
        rng = np.random.default_rng(seed)
        subject, view = params.sample_identity(rng), params.sample_view(rng)
        for stream in ([*seed, code], [*seed, code, frame]):
            view = params.jitter_view(view, np.random.default_rng(stream))
        face = params.expression_parameters(
            EXPRESSIONS[code], frame / 7,
            np.random.default_rng([*seed, code, 0]))
        np.testing.assert_array_equal(
            info['img'], render_face(subject, face, view, 48, channels))
    plain = SyntheticFaces(
        num_subjects=2, split='all', channels=channels, classes=8)
    assert plain.content_key(5) == dataset.content_key(5)
    np.testing.assert_array_equal(
        plain.get_data_info(5)['img'],
        dataset.get_data_info(5)['img'])


def test_images_depend_on_nothing_but_the_arguments():
    forth = images(faces(classes=8))
    back = images(faces(classes=8), reversed(range(len(forth))))
    for idx, image in forth.items():
        assert image.shape == (48, 48) and image.dtype == np.uint8
        np.testing.assert_array_equal(image, back[idx])


def test_difficulties_subjects_and_seeds_differ():
    wild, studio = faces(), faces('studio')
    assert wild.content_key(0) != studio.content_key(0)
    first = images(wild, (0, 21))
    assert distance(first[0], first[21]) > 5
    assert distance(first[0], images(studio, [0])[0]) > 5
    assert distance(first[0], images(faces(render_seed=1), [0])[0]) > 5


@pytest.mark.parametrize('size', [16, 49, 96])
@pytest.mark.parametrize('channels', [1, 3])
def test_any_size_and_colour(size, channels):
    image = images(faces(image_size=size, channels=channels), [9])[9]
    assert image.shape == (size, size, 3)[:2 + (channels == 3)]
    assert image.dtype == np.uint8 and image.std() > 5


def test_grey_is_about_the_luma_of_colour():
    grey, colour = images(faces(image_size=96)), images(
        faces(image_size=96, channels=3))
    luma = np.array((0.114, 0.587, 0.299))
    gaps = [distance(grey[i], colour[i] @ luma) for i in grey]
    # Gamma and clipping act on each channel.
    assert np.mean(gaps) < 3 and max(gaps) < 8


def test_a_subject_keeps_light_background_and_camera():
    for subject in range(5):
        first, *others = [
            scene(subject, code, frame) for code in range(1, 8)
            for frame in (0, 6, LAST)
        ]
        for other in others:
            assert first.identity == other.identity
            for name in ('background', 'light_angle', 'light_strength',
                         'brightness', 'contrast', 'noise'):
                assert getattr(first.view, name) == getattr(other.view, name)
            for name in ('gamma', 'shadow_depth', 'shadow_angle',
                         'shadow_edge', 'resolution', 'quality'):
                assert getattr(first.conditions,
                               name) == getattr(other.conditions, name)
    assert scene(0).conditions.gamma != scene(1).conditions.gamma
    assert scene(0).view.brightness != scene(1).view.brightness


def test_poses_are_wider_and_alike_within_a_sequence():

    def yaws(difficulty):
        return np.array([
            scene(subject, code, difficulty=difficulty).view.yaw
            for subject in range(30) for code in range(1, 8)
        ])

    assert yaws('wild').std() > 1.5 * yaws('studio').std()
    near = abs(scene(3, 2, 6).view.yaw - scene(3, 2, 7).view.yaw)
    assert 0 < near < 0.08


def test_occluders_blur_and_shadows_are_as_frequent_as_said():
    found = [
        scene(subject, code, frame).conditions for subject in range(60)
        for code in range(1, 8) for frame in (5, 6, 7)
    ]
    kinds = Counter(item.occluder for item in found)
    free = kinds.pop('none') / len(found)
    assert 1 - free == pytest.approx(conditions.OCCLUSION_PROB, abs=0.04)
    assert set(kinds) == set(conditions.OCCLUDERS)
    assert min(kinds.values()) > 0.6 * max(kinds.values())
    blurred = np.mean([item.blur > 0 for item in found])
    assert blurred == pytest.approx(conditions.BLUR_PROB, abs=0.04)
    shaded = np.mean(
        [scene(s).conditions.shadow_depth > 0 for s in range(300)])
    assert shaded == pytest.approx(conditions.SHADOW_PROB, abs=0.08)


def test_expressions_are_weaker_and_mixed_as_often_as_said():
    strengths, mixed = [], 0
    for subject in range(200):
        wild = asdict(scene(subject, 5).expression)
        studio = asdict(scene(subject, 5, difficulty='studio').expression)
        strengths.append(max(wild.values()) / max(studio.values()))
        # No unit of the brows belongs to happiness.
        mixed += any(value for name, value in wild.items() if 'brow' in name)
    low, high = np.multiply(scenes.SUBJECT_STRENGTH, scenes.SEQUENCE_STRENGTH)
    assert np.mean(strengths) < (low + high) / 2
    assert min(strengths) < low + 0.1
    # Five of the seven habits move the brows.
    assert mixed / 200 == pytest.approx(scenes.MIXED_PROB * 5 / 7, abs=0.1)


@pytest.mark.parametrize('code', range(1, 8))
def test_the_first_frame_is_neutral_and_the_label_leads(code):
    assert scene(4, code, 0).expression == params.ExpressionParameters()
    assert max(scenes.MIXED_SHARE) < 0.5
    peak, before = scene(4, code).expression, scene(4, code, 6).expression
    half = asdict(before)
    assert {
        k: 6 / 7 * v
        for k, v in asdict(peak).items()
    } == pytest.approx(half)


@pytest.mark.parametrize('kind', conditions.OCCLUDERS)
@pytest.mark.parametrize('side', [-1, 1])
def test_occluders_hide_a_part_of_the_face(kind, side):
    rng = np.random.default_rng(0)
    subject = params.sample_identity(rng)
    face = params.expression_parameters('happiness', 1., rng)
    view = params.ViewParameters()
    bare = render_face(subject, face, view).astype(int)
    reaches = []
    for reach in (0., 1.):
        found = replace(
            conditions.FaceConditions(),
            occluder=kind,
            occluder_side=side,
            occluder_reach=reach)
        image = render_face(subject, face, view, conditions=found)
        changed = np.abs(image - bare) > 8
        reaches.append(changed[8:44, 8:40].mean())
    assert 0 < reaches[0] < 0.5 and 0.02 < reaches[1] < 0.5


def test_unknown_difficulty():
    with pytest.raises(ValueError, match="'easy'.*studio, wild"):
        SyntheticFaces(split='all', difficulty='easy')


def pair(dataset, idx, name, score=None):
    target = Target(dataset.CLASSES.index(name), None)
    return dataset.paired_image(idx, target, score)['img']


def test_a_pair_differs_by_its_expression_alone():
    dataset = faces(classes=8)
    for idx in (1, 20, 45):
        source = dataset.get_data_info(idx)['img']
        for name in dataset.CLASSES:
            image = pair(dataset, idx, name)
            # Background and hair with their noise, but for JPEG's.
            border = np.ones((48, 48), bool)
            border[2:, 2:-2] = False  # the jaw drops to the lower edge
            assert distance(image[border], source[border]) < 1
            np.testing.assert_array_equal(image, pair(dataset, idx, name))
    own = dataset.CLASSES[dataset.get_record(45)['gt_label']]
    np.testing.assert_array_equal(pair(dataset, 45, own), source)
    assert distance(
        pair(dataset, 45, 'surprise')[12:44, 8:40],
        pair(dataset, 45, 'disgust')[12:44, 8:40]) > 2


def test_mixtures_are_paired():
    dataset = faces(classes=8)
    label = dataset.get_record(3)['gt_label']
    other = (label + 1) % 8
    images = []
    for share in (0., .25, .5, .75, 1.):
        score = np.zeros(8, np.float32)
        score[[label, other]] = 1 - share, share
        images.append(pair(dataset, 3, dataset.CLASSES[other], score))
    np.testing.assert_array_equal(images[0], dataset.get_data_info(3)['img'])
    np.testing.assert_array_equal(images[4],
                                  pair(dataset, 3, dataset.CLASSES[other]))
    changes = [distance(image, images[0]) for image in images]
    assert changes == sorted(changes) and changes[1] > 0


def test_contempt_is_shown_where_the_head_turns():
    for subject in range(4):
        source = scene(subject)
        found = targets.change_expression(source, 'anger', {
            'contempt': 1.
        }).expression
        assert (found.lip_pull_right > found.lip_pull_left) == (
            source.view.yaw > 0)
    assert {scene(subject).view.yaw > 0
            for subject in range(4)} == {True, False}


def test_a_training_sample_has_its_pair():
    dataset = faces(
        classes=8,
        pairs=dict(mixed=0.5),
        pipeline=[dict(type='mmfermtl.PackExpressionInputs')])
    dataset.set_draw_state(0, 0)
    samples = [dataset[i]['data_samples'] for i in range(20)]
    assert all('gt_img' in sample for sample in samples)
    assert {'target_score' in sample for sample in samples} == {True, False}
    studio = faces('studio', classes=8, pairs=dict(mixed=1.))
    studio.set_draw_state(0, 0)
    assert 'target_img' not in studio[5]


@pytest.mark.parametrize('split', ['train', 'test'])
def test_training_without_an_expression_has_no_image_of_it(split):
    dataset = faces(
        split=split, fold=0, train_without='fear', pairs=dict(unpaired=1.))
    fear = dataset.CLASSES.index('fear')
    index = dataset.get_gt_labels().tolist().index(0)
    for score in (None, np.eye(7)[fear] / 2 + np.eye(7)[1] / 2):
        found = dataset.paired_image(index, Target(fear, None), score)
        assert bool(found) == (split == 'test')
    plain = np.eye(7)[1] / 2 + np.eye(7)[0] / 2
    for score in (None, plain):
        assert dataset.paired_image(index, Target(1, None), score)
