"""Many pictures: sound and broken ones, in one process and in several."""
import csv
import os
import os.path as osp

import cv2
import numpy as np
import pytest
from fake_faces import CLASSES, FakeDetector, fake_reader, picture
from tiny_weights import write_weights

from mmfermtl.inference.picture_prediction import (PICTURES, PictureTask,
                                                   predict_pictures,
                                                   write_picture)
from mmfermtl.inference.picture_sources import (is_film, list_pictures,
                                                read_picture)
from mmfermtl.inference.reader_options import ReaderOptions
from mmfermtl.inference.result_files import ResultFiles
from mmfermtl.utils.errors import UserError


class Silent:
    """Counts instead of showing."""

    def __init__(self, total, title, unit, completed=0):
        self.done, self.total = completed, total

    def advance(self, steps=1):
        self.done += steps

    def close(self):
        assert self.done <= self.total


@pytest.fixture
def folder(tmp_path):
    """Pictures with two faces, one and none, and files that are broken."""
    root = tmp_path / 'pictures'
    (root / 'sub').mkdir(parents=True)
    two = picture((10, 20, 60, 255), (120, 20, 50, 128))
    cv2.imwrite(str(root / 'two.png'), two)
    cv2.imwrite(str(root / 'sub' / 'one.jpg'), picture((50, 50, 80, 190)))
    cv2.imwrite(str(root / 'none.png'), picture())
    (root / 'empty.png').write_bytes(b'')
    (root / 'text.jpg').write_text('no picture')
    whole = (root / 'two.png').read_bytes()
    (root / 'cut.png').write_bytes(whole[:len(whole) // 2])
    (root / 'notes.txt').write_text('left out')
    (root / '.hidden.png').write_bytes(whole)
    (root / 'dangling.png').symlink_to('nowhere')
    return root


WANTED = {
    'two.png': ['ok', 'ok'],
    osp.join('sub', 'one.jpg'): ['ok'],
    'none.png': ['no_face'],
    'empty.png': ['error'],
    'text.jpg': ['error'],
    'cut.png': ['error'],
    'dangling.png': ['error'],
}


def read_table(path):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def statuses(path):
    found = {}
    for row in read_table(path):
        found.setdefault(row['file'], []).append(row['status'])
    return found


def test_every_file_of_a_folder_is_a_row(folder, tmp_path):
    out = str(tmp_path / 'out')
    with ResultFiles(out, CLASSES, {}) as files:
        predict_pictures(
            list_pictures(str(folder)),
            ReaderOptions(batch_size=3),
            files,
            reader=fake_reader(),
            progress=Silent)
        assert files.counts == dict(ok=3, no_face=1, error=4)
    assert statuses(files.csv_path) == WANTED
    for row in read_table(files.csv_path):
        if row['status'] == 'error':
            assert osp.basename(row['file']) in row['note']
    drawn = cv2.imread(osp.join(out, PICTURES, 'two.png'))
    assert drawn.shape == (200, 240, 3)
    assert (drawn != cv2.imread(str(folder / 'two.png'))).any()
    assert sorted(os.listdir(osp.join(
        out, PICTURES))) == ['none.png', 'sub', 'two.png']


def test_a_stopped_run_goes_on(folder, tmp_path):
    pictures = list_pictures(str(folder))

    class Stop(Silent):

        def advance(self, steps=1):
            raise KeyboardInterrupt

    options = ReaderOptions(batch_size=2)
    for progress in (Stop, Stop, Silent, Silent):
        try:
            with ResultFiles(
                    str(tmp_path / 'out'), CLASSES, {}, resume=True) as files:
                before = len(files.finished)
                predict_pictures(
                    pictures,
                    options,
                    files,
                    draw=False,
                    reader=fake_reader(),
                    progress=progress)
        except KeyboardInterrupt:
            assert progress is Stop
    # Those that cannot be read are tried again.
    assert before == len(pictures) - files.counts['error'] == 3
    assert statuses(files.csv_path) == WANTED


def test_workers_give_the_same_rows(folder, tmp_path):
    weights = write_weights(str(tmp_path / 'tiny.safetensors'))
    options = ReaderOptions(weights=weights, device='cpu', faces='whole')
    tables = []
    for workers in (1, 2):
        classes = ['anger', 'fear', 'happiness', 'sadness']
        with ResultFiles(str(tmp_path / f'{workers}'), classes, {}) as files:
            predict_pictures(
                list_pictures(str(folder)),
                options,
                files,
                draw=False,
                workers=workers,
                progress=Silent)
        rows = read_table(files.csv_path)
        tables.append(sorted(rows, key=lambda row: row['file']))
    assert len(tables[0]) == 7
    for one, two in zip(*tables):
        for key in one:
            if key.startswith('p') and one[key]:
                assert float(one[key]) == pytest.approx(
                    float(two[key]), abs=1e-5)
            else:
                assert one[key] == two[key]


def test_an_error_of_one_picture_stays_its_own(tmp_path):
    """As a box that is outside of a smaller picture."""
    task = PictureTask(
        ReaderOptions(), reader=fake_reader([[100, 100, 150, 150]]))
    large, small = picture((90, 90, 80, 255)), picture(size=(50, 50))
    rows = dict(task.read(list_pictures([large, small, large])))
    assert [rows[f'array {i}'][0]['status']
            for i in range(3)] == ['ok', 'error', 'ok']
    assert '50 x 50' in rows['array 1'][0]['note']


@pytest.mark.parametrize('array', [
    np.zeros((5, ), np.uint8),
    np.zeros((5, 5, 2), np.uint8),
    np.zeros((0, 5, 3), np.uint8),
    np.zeros((5, 5, 3, 1), np.uint8),
    np.full((5, 5), np.nan),
    np.full((5, 5), -1, np.int64),
    np.full((5, 5), 'a'),
    np.zeros((5, 5), bool),
    np.zeros((5, 5), complex),
    np.zeros((), np.uint8),
])
def test_arrays_that_are_no_pictures(array):
    with pytest.raises(ValueError, match='expected'):
        read_picture(array)


def test_arrays_become_bgr():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for array in (grey, grey[..., None], np.stack([grey] * 3, -1),
                  np.stack([grey] * 4,
                           -1), grey / 11., grey.astype(np.uint16) * 5957):
        image = read_picture(array)
        assert image.shape == (3, 4, 3) and image.dtype == np.uint8
        assert (image[..., 0] == image[..., 2]).all()
    np.testing.assert_array_equal(read_picture(grey)[..., 1], grey)


@pytest.mark.parametrize('source', [
    'missing.png', '', '\0', 'none/*.png', 7, None,
    dict(a=1), [1], [None], {'a.png'}
])
def test_wrong_inputs_are_refused(source):
    with pytest.raises(UserError):
        list_pictures(source)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(UserError, match='no picture in this folder'):
        list_pictures(str(tmp_path))


def test_globs_and_lists(folder):
    found = list_pictures(str(folder / '**' / '*.jpg'))
    assert sorted(p.name
                  for p in found) == [osp.join('sub', 'one.jpg'), 'text.jpg']
    # The same, however many of them there are now.
    one, = list_pictures(str(folder / '*' / 'one.jpg'))
    assert one.name == osp.join('sub', 'one.jpg')
    with pytest.raises(UserError, match="'..' behind a wildcard"):
        list_pictures(str(folder / '*' / '..' / '..' / '*.jpg'))
    one = str(folder / 'two.png')
    assert list_pictures([one, folder / 'none.png'
                          ])[1].source == str(folder / 'none.png')
    assert list_pictures(one)[0].name == 'two.png'
    assert is_film('a.MP4') and not is_film('a.gif') and not is_film(None)


def test_pictures_are_written_under_a_name_that_fits(tmp_path):
    image = picture()
    path = write_picture(str(tmp_path / 'a' / 'b.gif'), image)
    assert path.endswith('b.gif.png')
    np.testing.assert_array_equal(cv2.imread(path), image)


def test_options_build_the_detector_that_they_name(tmp_path):
    weights = write_weights(str(tmp_path / 'tiny.safetensors'))
    options = ReaderOptions(
        weights=weights, device='cpu', refine=False, detector=FakeDetector)
    reader = options.build()
    assert reader.finder._detector.refine is False
    assert reader.finder.size == 32
    assert 'detector' not in options.recorded()
    boxes = ReaderOptions(faces=np.array([[0, 0, 5, 5]]))
    assert boxes.recorded()['faces'] == [[0., 0., 5., 5.]]


def test_a_picture_that_is_missing_is_no_dataset(tmp_path):
    path = str(tmp_path / 'nowhere.png')
    with pytest.raises(FileNotFoundError, match='nowhere.png: not found; che'):
        read_picture(path)
