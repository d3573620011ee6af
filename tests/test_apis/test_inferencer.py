"""FERMTLInferencer: inputs, results under the names of OpenMMLab, streams."""
import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from fake_faces import FakeDetector, picture
from mmengine.infer import BaseInferencer
from tiny_weights import (CALIBRATION, CLASSES, SIZE, write_config,
                          write_weights)

from mmfermtl.apis import FERMTLInferencer
from mmfermtl.inference.result_files import ResultFiles
from mmfermtl.structures import ExpressionDataSample
from mmfermtl.utils.errors import UserError


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    path = str(tmp_path_factory.mktemp('weights') / 'tiny.safetensors')
    return FERMTLInferencer(
        weights=write_weights(path), device='cpu', detector=FakeDetector)


TWO = picture((10, 20, 60, 250), (120, 20, 50, 128))


def test_results_of_an_array(inferencer):
    assert isinstance(inferencer, BaseInferencer)
    result = inferencer(TWO)
    assert set(result) == {'predictions', 'visualization', 'status'}
    faces, = result['predictions']
    assert [face['bbox'] for face in faces] == [[10, 20, 70, 80],
                                                [120, 20, 170, 70]]
    for face in faces:
        assert len(face['pred_scores']) == len(CLASSES)
        assert face['pred_class'] == CLASSES[face['pred_label']]
        assert face['pred_score'] == max(face['pred_scores'])
        assert face['track_id'] is None and face['pred_set'] is None
    assert result['visualization'] == []
    assert result['status'] == [dict(file='array', status='ok', note='')]


def test_lists_with_what_is_no_picture(inferencer, tmp_path):
    path = tmp_path / 'me.png'
    cv2.imwrite(str(path), TWO)
    (tmp_path / 'bad.png').write_text('no picture')
    inputs = [
        TWO,
        picture(),
        str(path),
        str(tmp_path / 'bad.png'),
        str(tmp_path / 'missing.png'),
        np.zeros((3, 3, 2), np.uint8)
    ]
    result = inferencer(inputs, batch_size=4)
    assert [len(faces)
            for faces in result['predictions']] == [2, 0, 2, 0, 0, 0]
    assert [s['status'] for s in result['status']
            ] == ['ok', 'no_face', 'ok', 'error', 'error', 'error']
    assert 'bad.png' in result['status'][3]['note']
    # Pictures of a batch do not affect each other.
    again = inferencer(str(path), batch_size=1)['predictions'][0]
    assert again[0]['pred_scores'] == pytest.approx(
        result['predictions'][2][0]['pred_scores'], abs=1e-5)


def test_folders_are_written_and_drawn(inferencer, tmp_path):
    (tmp_path / 'in').mkdir()
    for i in range(3):
        cv2.imwrite(str(tmp_path / 'in' / f'{i}.png'), TWO)
    out = str(tmp_path / 'out')
    result = inferencer(
        str(tmp_path / 'in'),
        pred_out_dir=out,
        vis_out_dir=out,
        return_vis=True)
    assert [image.shape
            for image in result['visualization']] == [TWO.shape] * 3
    with open(f'{out}/predictions.csv', encoding='utf-8', newline='') as file:
        assert len(list(csv.DictReader(file))) == 6
    np.testing.assert_array_equal(
        cv2.imread(f'{out}/1.png'), result['visualization'][1])


def test_edited_faces(inferencer):
    faces, = inferencer(TWO, edit=dict(happiness=.7))['predictions']
    for face in faces:
        assert face['fake_img'].shape == (SIZE, SIZE)
        assert face['edited_img'].shape == TWO.shape
    assert (faces[0]['edited_img'][:, 120:] == TWO[:, 120:]).all()
    faces, = inferencer(TWO, edit='all')['predictions']
    assert len(faces[0]['fake_imgs']) == len(CLASSES)
    assert len(faces[1]['edited_imgs']) == len(CLASSES)


def test_data_samples(inferencer):
    (first, _), = inferencer(
        TWO, return_datasamples=True, edit='fear')['predictions']
    assert isinstance(first, ExpressionDataSample)
    assert first.pred_score.shape == (len(CLASSES), )
    assert first.pred_label.shape == (1, )
    assert first.fake_img.shape == (1, SIZE, SIZE)
    assert first.fake_img.dtype == torch.uint8
    assert first.bbox == [10, 20, 70, 80]


def test_calibrated_weights(tmp_path):
    pytest.importorskip('mmfermtl.inference.calibrated_scores')
    path = write_weights(
        str(tmp_path / 'a.safetensors'), calibration=CALIBRATION)
    faces, = FERMTLInferencer(
        path, device='cpu', faces='whole')(TWO)['predictions']
    assert faces[0]['calibrated'] is True
    assert faces[0]['pred_class'] in faces[0]['pred_set']
    assert faces[0]['abstained'] == (len(faces[0]['pred_set']) > 1)
    with pytest.raises(UserError, match='0.5'):
        FERMTLInferencer(path, device='cpu', faces='whole', coverage=.5)


def test_pictures_of_one_name_are_all_drawn(inferencer, tmp_path):
    paths = []
    for i in range(3):
        (tmp_path / str(i)).mkdir()
        paths.append(str(tmp_path / str(i) / 'me.png'))
        cv2.imwrite(paths[-1], TWO)
    out = tmp_path / 'out'
    inferencer(paths, vis_out_dir=str(out))
    assert sorted(
        p.name for p in out.iterdir()) == ['me.png', 'me_2.png', 'me_3.png']


def test_results_that_can_go_on_are_kept(inferencer, tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, {}, resume=True):
        pass
    with pytest.raises(UserError, match='many pictures'):
        inferencer(TWO, pred_out_dir=str(tmp_path))


def test_a_file_may_be_called_webcam(inferencer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('webcam_me.png', TWO)
    result = inferencer('webcam_me.png')
    assert len(result['predictions'][0]) == 2
    with pytest.raises(UserError, match='not found'):
        inferencer('webcams.png')


def test_films_are_generators(inferencer, tmp_path):
    pytest.importorskip('av')
    from mmfermtl.inference.film_writer import FilmWriter
    path = str(tmp_path / 'in.mp4')
    with FilmWriter(path, 10.) as writer:
        for i in range(4):
            writer.write(picture((10 + i, 20, 60, 250)), i / 10)
    out = str(tmp_path / 'out')
    results = inferencer(path, pred_out_dir=out, vis_out_dir=out)
    first = next(results)
    assert first['predictions'][0][0]['track_id'] == 0
    assert first['status'][0]['frame'] == 0
    assert len(list(results)) == 3
    assert Path(out, 'annotated.mp4').stat().st_size
    samples = next(inferencer(path, return_datasamples=True))
    assert samples['predictions'][0][0].track_id == 0
    Path(path).write_text('no film')
    result, = inferencer(path)
    assert result['status'][0]['status'] == 'error'
    assert result['predictions'] == [[]]


def test_cameras_are_generators(inferencer, monkeypatch):
    from mmfermtl.inference import face_inferencer
    from mmfermtl.inference.film_reader import FilmFrame
    frames = [FilmFrame(i, i / 10, TWO) for i in range(3)]
    monkeypatch.setattr(face_inferencer, 'camera_frames',
                        lambda number: iter(frames[number:]))
    results = list(inferencer('webcam:1'))
    assert results[-1]['status'][0]['frame'] == 2
    assert 1 <= len(results) <= 2


def test_showing_can_be_ended(inferencer, monkeypatch):
    shown = []
    monkeypatch.setattr(inferencer.inferencer, 'show',
                        lambda image: shown.append(1))
    result = inferencer([TWO, TWO, TWO], show=True)
    assert len(result['predictions']) == 1 and shown == [1]


def test_config_and_checkpoint(tmp_path):
    config, checkpoint = write_config(str(tmp_path))
    inferencer = FERMTLInferencer(
        config, checkpoint, device='cpu', faces='whole')
    assert inferencer.classes == CLASSES and inferencer.model is not None
    assert len(inferencer(TWO)['predictions'][0]) == 1


@pytest.mark.parametrize('kwargs', [
    dict(batch_size=0),
    dict(batch_size='x'),
    dict(edit='joyful'),
    dict(edit=3),
    dict(edit=dict(happiness=7)),
    dict(unknown=1)
])
def test_wrong_options_are_refused(inferencer, kwargs):
    with pytest.raises(UserError):
        inferencer(TWO, **kwargs)


@pytest.mark.parametrize('kwargs', [
    dict(faces='all'),
    dict(crop='tight'),
    dict(coverage=2.),
    dict(backend='tf'),
    dict(device='tpu:0')
])
def test_wrong_inferencers_are_refused(kwargs, tmp_path):
    path = write_weights(str(tmp_path / 'a.safetensors'))
    options = dict(
        device='cpu', faces='whole', **
        kwargs) if not {'device', 'faces'} & set(kwargs) else kwargs
    with pytest.raises(UserError):
        FERMTLInferencer(path, **options)
