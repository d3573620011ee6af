"""Prepare each dataset from its distribution."""
import os

import cv2
import numpy as np
import pytest
from rendered_frames import DotDetector, no_detector, render_frame

from mmfermtl.datasets import (BU4DFE, MMI, ExpressionFolder, OuluCASIA,
                               TaiwaneseFaces)
from mmfermtl.datasets.prepared_index import read_index
from mmfermtl.preparation import DetectedFace
from mmfermtl.preparation.frame_geometry import choose_geometry
from mmfermtl.preparation.prepare_dataset import (parse_expression_map,
                                                  parse_splits,
                                                  prepare_dataset)

EYES = ((65, 40), (95, 40))


def prepare(raw, out, detector_factory=no_detector, **kwargs):
    prepare_dataset(
        raw_root=str(raw),
        out_root=str(out),
        detector_factory=detector_factory,
        **kwargs)
    return {
        f'{row["subject"]}/{row["name"]}': row
        for row in read_index(str(out))['sequences']
    }


@pytest.fixture
def oulu(tmp_path):
    names = ('Anger', 'Disgust', 'Fear', 'Happiness', 'Sadness', 'Surprise')
    for modality in ('VL', 'NI'):
        for number, name in enumerate(names):
            folder = (
                tmp_path / 'oulu' / f'{modality}_Acropped' / 'Strong' /
                'P001' / name)
            folder.mkdir(parents=True)
            for i in range(4):
                image = render_frame([((40, 40), (60, 40))], (120, 100),
                                     seed=number)
                cv2.imwrite(
                    str(folder / f'{i:03d}.jpeg'), image,
                    [cv2.IMWRITE_JPEG_QUALITY, 100])
    return str(tmp_path / 'oulu')


def test_conditions_and_own_crops_of_oulu_casia(oulu, tmp_path):
    out = tmp_path / 'out'
    prepare_dataset(
        'oulucasia',
        oulu,
        str(out),
        dataset_options=dict(modality=['VL', 'NI']),
        options=dict(align='none'),
        detector_factory=no_detector)
    for modality in ('VL', 'NI'):
        dataset = OuluCASIA(str(out), modality=modality, split='all')
        assert len(dataset) == 18
        assert modality in dataset.get_record(0)['img_path']
    frame = read_index(str(out))['sequences'][0]['frames'][0]
    assert frame['face'] == 'cropped' and frame['doubtful'] == []
    # The longer side fills the square, the other is in its middle.
    np.testing.assert_allclose(
        np.array(frame['transform']) @ [[-0.5, 99.5], [-0.5, 119.5], [1, 1]],
        [[54.5 - 550 / 12, 54.5 + 550 / 12], [-0.5, 109.5]])
    crop = cv2.imread(str(out / frame['path']), cv2.IMREAD_UNCHANGED)
    assert crop.shape == (110, 110)


def test_a_dataset_without_landmarks_needs_a_detector(oulu, tmp_path):
    with pytest.raises(ValueError, match='detector at hand: no weights here'):
        prepare(oulu, tmp_path / 'out', name='oulucasia')
    assert not list((tmp_path / 'out').rglob('*.png'))


def test_colour_textures_of_bu4dfe(tmp_path):
    for name in ('Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise'):
        folder = tmp_path / 'bu' / 'F001' / name
        folder.mkdir(parents=True)
        for i in range(6):
            image = cv2.merge([render_frame([EYES])] * 3)
            image[..., 1] //= 2
            cv2.imwrite(str(folder / f'{i:03d}.png'), image)
    prepare(tmp_path / 'bu', tmp_path / 'out', DotDetector, name='bu4dfe')
    dataset = BU4DFE(str(tmp_path / 'out'), split='all')
    assert len(dataset) == 18
    assert cv2.imread(dataset.get_record(0)['img_path'], -1).ndim == 3


def test_photographs_of_the_taiwan_corpus(tmp_path):
    folder = tmp_path / 'taiwan' / 'faces_256x256'
    folder.mkdir(parents=True)
    names = ('0101a02', '0111b01', '0121c01', '0201a01', '0231d01')
    for name in names:
        cv2.imwrite(
            str(folder / f'{name}.jpg'), render_frame([EYES]),
            [cv2.IMWRITE_JPEG_QUALITY, 100])
    prepare(tmp_path / 'taiwan', tmp_path / 'out', DotDetector, name='taiwan')
    raw, crops = (
        TaiwaneseFaces(
            str(tmp_path / name),
            split='all',
            classes=['neutral', 'anger', 'happiness', 'sadness'])
        for name in ('taiwan', 'out'))
    assert len(crops) == len(raw) == len(names)
    for i in range(len(names)):
        one, other = crops.get_record(i), raw.get_record(i)
        assert other.pop('img_path') != one.pop('img_path')
        assert one == other
    assert (tmp_path / 'out' / 'faces_256x256' / '0111b01.png').exists()
    # The types of performance are known of crops, too.
    facs = TaiwaneseFaces(
        str(tmp_path / 'out'),
        split='all',
        types=['facs'],
        classes=['neutral', 'sadness'])
    assert [facs.get_record(i)['sequence']
            for i in range(len(facs))] == ['01a02', '01a01', '21c01']


def test_a_folder_of_own_images(tmp_path):
    for name in ('happy', 'sad'):
        (tmp_path / 'own' / name).mkdir(parents=True)
        for subject in ('ann', 'bob'):
            cv2.imwrite(
                str(tmp_path / 'own' / name / f'{subject}_1.jpg'),
                render_frame([EYES]), [cv2.IMWRITE_JPEG_QUALITY, 100])
    rows = prepare(
        tmp_path / 'own',
        tmp_path / 'out',
        DotDetector,
        name='folder',
        dataset_options=dict(subject_pattern=r'(?P<subject>[a-z]+)_1'))
    assert {row['subject'] for row in rows.values()} == {'ann', 'bob'}
    assert (tmp_path / 'out' / 'happy' / 'ann_1.jpg.png').exists()


def test_own_classes_and_splits(tmp_path):
    """Classes and splits are given once, when the tree is prepared."""
    for folder in ('train/0/ann_1', 'train/1/ann_2', 'test/0/bob_1',
                   'test/1/bob_2'):
        path = tmp_path / 'own' / f'{folder}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), render_frame([EYES]))
    classes = ['calm', 'stressed']
    rows = prepare(
        tmp_path / 'own',
        tmp_path / 'out',
        DotDetector,
        name='folder',
        dataset_options=dict(
            subject_pattern=r'(?P<subject>[a-z]+)_',
            classes=classes,
            expression_map=parse_expression_map(['0=calm', '1=stressed']),
            splits=parse_splits('folders')))
    assert len(rows) == 4
    with open(tmp_path / 'out' / 'report.md') as file:
        assert '| stressed | 2 | 2 |' in file.read()
    for split, subject in (('train', 'ann'), ('test', 'bob')):
        dataset = ExpressionFolder(
            str(tmp_path / 'out'),
            classes=classes,
            splits='folders',
            split=split)
        assert dataset.get_gt_labels().tolist() == [0, 1]
        assert set(dataset.get_subjects()) == {subject}


PATTERN = r'(?P<subject>[^/_]+)_(?P<frame>\d)[^/]*$'


def records(root, **options):
    """The records of own images but for what only a prepared tree has."""
    dataset = ExpressionFolder(
        str(root), classes=['anger', 'happiness'], num_folds=2, **options)
    return sorted(
        [os.path.relpath(r.pop('img_path'), root).removesuffix('.png'), r]
        for r in map(dataset.get_record, range(len(dataset)))
        if r.pop('sample_idx') >= 0)


@pytest.mark.parametrize('suffix', ['', '.jpg'])
def test_subjects_that_a_prepared_tree_does_not_know(tmp_path, suffix):
    """A pattern finds them there as in the images of the distribution."""
    for name in ('anger', 'happy'):
        (tmp_path / 'own' / name).mkdir(parents=True)
        for subject in ('ann', 'bob', 'cy', 'dee'):
            for number in range(3):
                cv2.imwrite(
                    str(tmp_path / 'own' / name /
                        f'{subject}_{number}{suffix or ".png"}'),
                    render_frame([EYES]))
    prepare(
        tmp_path / 'own',
        tmp_path / 'out',
        name='folder',
        options=dict(align='none'))
    sides = [
        records(
            tmp_path / 'out', subject_pattern=PATTERN, split=split, fold=0)
        for split in ('train', 'test')
    ]
    people = [{r['subject'] for _, r in side} for side in sides]
    assert people == [{'bob', 'dee'}, {'ann', 'cy'}]
    assert sides[1] == records(
        tmp_path / 'own', subject_pattern=PATTERN, split='test', fold=0)
    unknown = records(tmp_path / 'out', split='all')
    assert len(unknown) == 24 and not unknown[0][1]['subject_known']
    with pytest.raises(ValueError, match='fits the options.*@.* does not fit'):
        records(
            tmp_path / 'out', subject_pattern='(?P<subject>)@', split='all')


def test_options_that_do_nothing_to_a_prepared_tree(tmp_path, capfd):
    (tmp_path / 'own' / 'x').mkdir(parents=True)
    lines = ['path,expression,subject']
    for k in range(4):
        cv2.imwrite(str(tmp_path / 'own/x' / f'{k}.png'), render_frame([EYES]))
        lines.append(f'x/{k}.png,{k % 2},s{k // 2}')
    (tmp_path / 'own' / 'faces.csv').write_text('\n'.join(lines))
    options = dict(
        ann_file='faces.csv', expression_map={
            '0': 'anger',
            '1': 'joy'
        })
    prepare(
        tmp_path / 'own',
        tmp_path / 'out',
        name='folder',
        dataset_options=options,
        options=dict(align='none'))
    capfd.readouterr()
    plain = records(tmp_path / 'out', split='all')
    assert 'WARNING' not in ''.join(capfd.readouterr())
    # The subjects of the index stay.
    assert plain == records(
        tmp_path / 'out', split='all', subject_pattern=r'(?P<subject>\d)')
    assert (
        "other subjects than the index of the prepared tree for 4 sequen"
        "ces (x/0.png is of 's0' there, of '0' by the pattern)") in ''.join(
            capfd.readouterr())
    same = dict(options, expression_map={0: 'anger', 1: 'joy'})
    assert records(tmp_path / 'out', split='all', **same) == plain
    for wrong in (dict(ann_file='others.csv'),
                  dict(expression_map={'0': 'joy'})):
        name, = wrong
        with pytest.raises(
                ValueError, match=f'prepared with {name}=.*do.* nothing'):
            records(tmp_path / 'out', split='all', **wrong)


def test_own_images_beside_the_folder(tmp_path):
    (tmp_path / 'own').mkdir()
    cv2.imwrite(str(tmp_path / 'a.png'), render_frame([EYES]))
    (tmp_path / 'own' /
     'a.csv').write_text('path,expression\n../a.png,happy\n')
    with pytest.raises(
            ValueError, match=r'a.csv:2: ../a.png leads to .*outside of'):
        prepare(
            tmp_path / 'own',
            tmp_path / 'out',
            DotDetector,
            name='folder',
            dataset_options=dict(ann_file='a.csv'))


@pytest.mark.parametrize('is_known', [True, False])
@pytest.mark.parametrize('turn, half', [(0, None), (90, None), (270, None),
                                        (0, 'right'), (0, 'left')])
def test_geometry_of_a_video(is_known, turn, half):

    class UprightDots(DotDetector):
        """Detect only faces with a dark mouth below the eyes."""

        def detect(self, image):
            faces = super().detect(image)
            return [f for f in faces if has_mouth(image, f)]

    def has_mouth(image, face):
        x, y = face.landmarks[3:].mean(axis=0).round().astype(int)
        inside = 0 <= y < image.shape[0] and 0 <= x < image.shape[1]
        return inside and image[y, x] == 60

    face = render_frame([EYES])
    blank = render_frame([], seed=1)
    frame = face
    if half is not None:
        frame = np.hstack([face, blank] if half == 'left' else [blank, face])
    frame = np.ascontiguousarray(np.rot90(frame, turn // 90))
    wanted = dict(half=half, rotate=turn)
    others = [
        dict(half=h, rotate=r) for h in (None, 'left', 'right')
        for r in (0, 90, 180, 270)
    ]
    if half is not None:  # both the whole and the half show the face
        others = [o for o in others if o['half'] is not None]
    found = choose_geometry({
        5: frame,
        6: blank
    }, others, is_known, UprightDots())
    assert found == wanted
    assert choose_geometry({5: blank}, others, is_known, UprightDots()) is None


class FrontalDetector:
    """Detect a face in the middle of every image in portrait format."""

    def detect(self, image):
        height, width = image.shape[:2]
        if width > height:
            return []
        points = np.array([[-10, -10], [10, -10], [0, 0], [-8, 10], [8, 10]])
        points = points + (width / 2, height / 2)
        box = np.array([width / 2 - 20, height / 2 - 20, 40, 40])
        return [DetectedFace(box, points, 0.95)]


def test_videos_of_mmi(tmp_path):
    pytest.importorskip('av')
    from rendered_mmi import RenderedClip, render_mmi, rendered_frame
    clips = [
        RenderedClip('S035', 1, 0, 1, 'anger'),
        RenderedClip('S003', 4, 2, 2, 'disgust')
    ]
    raw, out = render_mmi(str(tmp_path / 'raw'), clips), tmp_path / 'out'
    rows = prepare(raw, out, FrontalDetector, name='mmi')
    assert rows['S035/101']['geometry'] == dict(half=None, rotate=90)
    assert rows['S003/104']['geometry'] == dict(half='left', rotate=0)
    for clip, row in zip(clips, (rows['S035/101'], rows['S003/104'])):
        middle = clip.num_frames // 2
        frames = row['frames']
        assert [f['index']
                for f in frames] == [0, middle - 1, middle, middle + 1]
        height, width = rendered_frame(clip, 0).shape[:2]
        assert frames[0]['image_size'] == [width, height]
        assert len(row['sources']) == 1
    kwargs = dict(split='all', classes=('anger', 'disgust'), neutral_frames=1)
    samples = [MMI(str(root), **kwargs) for root in (raw, out)]
    assert len(samples[0]) == len(samples[1]) == 8
    for i in range(8):
        one, two = (s.get_record(i) for s in samples)
        for key in ('gt_label', 'subject', 'sequence', 'frame_index', 'role'):
            assert one[key] == two[key]
        assert cv2.imread(two['img_path']).shape == (110, 110, 3)
    with pytest.raises(ValueError, match='prepared with annotated_upright=F'):
        MMI(str(out), annotated_upright=True, **kwargs)
