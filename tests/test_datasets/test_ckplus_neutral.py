"""Neutral first frames of CK+48, cut out otherwise."""
import cv2
import numpy as np
import pytest
from rendered_trees import other_crop, render_image, render_neutral_frames

from mmfermtl.datasets import CKPlus48, CKPlusNeutral
from mmfermtl.datasets.frame_registration import register_frame

PACK = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]


@pytest.mark.parametrize('subject', ['S010', 'S055', 'S130'])
def test_registration_finds_the_place(subject):
    neutral = render_image(subject, 'neutral', 0.)
    peak = render_image(subject, 'happiness', 1.)
    moved = other_crop(neutral)
    found = register_frame(moved, peak)
    inner = (slice(6, 42), ) * 2
    error = [
        np.abs(one[inner].astype(float) - neutral[inner]).mean()
        for one in (found.image, moved)
    ]
    assert error[0] < .6 * error[1]
    assert found.correlation > .85
    # Another size of the crop is no obstacle.
    larger = cv2.resize(moved, (72, 72), interpolation=cv2.INTER_LINEAR)
    again = register_frame(larger, peak)
    assert again.image.shape == (48, 48) and again.correlation > .8


def test_registration_does_not_blur():
    face = render_image('S010', 'neutral', 0.)
    turn = cv2.getRotationMatrix2D((23.5, 23.5), 3., 1.03)
    moved = cv2.warpAffine(
        face,
        turn, (48, 48),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE)
    back = register_frame(moved, face).image
    sharpness = [
        np.mean(np.diff(one[6:42, 6:42].astype(float))**2)
        for one in (back, face)
    ]
    assert sharpness[0] > .85 * sharpness[1]


def test_what_cannot_be_registered():
    peak = render_image('S010', 'surprise', 1.)
    assert register_frame(np.full((48, 48), 9, np.uint8), peak) is None
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    found = register_frame(noise, peak)
    assert found is None or found.correlation < .8


@pytest.fixture(scope='module')
def neutral_root(tmp_path_factory, few_ckplus48):
    """First frames of every second sequence, and of one that CK+48 lacks."""
    root = str(tmp_path_factory.mktemp('neutral'))
    return root, render_neutral_frames(root, few_ckplus48)


def test_neutral_is_a_class_with_pairs(few_ckplus48, neutral_root):
    root, keys = neutral_root
    options = dict(neutral_root=root, classes=8, split='all')
    dataset = CKPlusNeutral(few_ckplus48, **options)
    plain = CKPlus48(few_ckplus48, split='all')
    label = dataset.CLASSES.index('neutral')
    frames = [
        dataset.get_record(i) for i in range(len(dataset))
        if dataset.get_record(i)['role'] == 'neutral'
    ]
    left_out = dataset.left_out['first frames that could not be registered']
    assert len(dataset) == len(plain) + len(frames)
    # The raised brows of surprise are in the way of some.
    assert len(frames) == len(keys) - left_out and left_out <= 6
    assert all(r['gt_label'] == label for r in frames)
    assert dataset.left_out['first frames of other sequences'] == 1
    # The folds are those of CK+48.
    for fold in range(3):
        both = [
            set(
                kind(few_ckplus48, split='test', fold=fold,
                     **more).get_subjects())
            for kind, more in ((CKPlus48, {}),
                               (CKPlusNeutral,
                                dict(neutral_root=root, classes=8)))
        ]
        assert both[0] == both[1]
    paired = CKPlusNeutral(
        few_ckplus48, pairs=True, pipeline=PACK, test_mode=True, **options)
    index = next(
        i for i in range(len(paired))
        if paired.get_record(i)['role'] == 'neutral')
    item = paired[index]
    sample = item['data_samples']
    assert sample.target_label != label and sample.gt_img.shape == (1, 48, 48)
    image = item['inputs'][0].numpy()
    want = render_image(paired.get_record(index)['subject'], 'neutral', 0.)
    inner = (slice(6, 42), ) * 2
    moved = cv2.imread(paired.get_record(index)['img_path'], 0)
    error = [
        np.abs(one[inner].astype(float) - want[inner]).mean()
        for one in (image, moved)
    ]
    assert error[0] < error[1]


def test_neutral_without_a_label_is_a_source(few_ckplus48, neutral_root):
    root, _ = neutral_root
    dataset = CKPlusNeutral(
        few_ckplus48, neutral_root=root, split='train', fold=0)
    plain = CKPlus48(few_ckplus48, split='train', fold=0)
    labels = dataset.get_gt_labels()
    assert (labels == -1).sum() == len(dataset) - len(plain) > 5
    test = CKPlusNeutral(few_ckplus48, neutral_root=root, split='test', fold=0)
    assert len(test) == len(CKPlus48(few_ckplus48, split='test', fold=0))


def test_first_frames_of_other_classes_are_left_out(few_ckplus48,
                                                    neutral_root):
    names = ['neutral', 'anger', 'disgust']
    options = dict(neutral_root=neutral_root[0], split='all', classes=names)
    selected, labelled = (
        CKPlusNeutral(few_ckplus48, fold_over=over, num_folds=3, **options)
        for over in ('selected', 'labelled'))
    peaks = {(s['subject'], s['sequence'])
             for s in map(selected.get_record, range(len(selected)))
             if s['role'] == 'peak'}
    assert selected.get_subjects() == labelled.get_subjects()
    assert all((s['subject'], s['sequence']) in peaks
               for s in map(selected.get_record, range(len(selected))))


def test_faults(few_ckplus48, tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.*the folder neutral'):
        CKPlusNeutral(
            few_ckplus48, neutral_root=str(tmp_path / 'gone'), split='all')
    with pytest.raises(FileNotFoundError, match='neutral.*images such as'):
        CKPlusNeutral(few_ckplus48, neutral_root=str(tmp_path), split='all')
    (tmp_path / 'neutral').mkdir()
    (tmp_path / 'neutral' / 'face.png').write_bytes(b'')
    with pytest.raises(ValueError, match='face.png: file name does not fit'):
        CKPlusNeutral(few_ckplus48, neutral_root=str(tmp_path), split='all')
    with pytest.raises(ValueError, match='CKPlus48 has no neutral'):
        CKPlus48(few_ckplus48, split='all', classes=8)
