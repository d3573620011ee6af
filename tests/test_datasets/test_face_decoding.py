"""Decode image files of all kinds that users have."""
import os

import cv2
import numpy as np
import pytest
from PIL import Image
from rendered_trees import render_image

from mmfermtl.datasets import ExpressionFolder, LoadFace
from mmfermtl.preparation.frame_reader import read_frames
from mmfermtl.preparation.prepare_dataset import prepare_dataset
from mmfermtl.utils.decoding.face_decoding import decode_face, to_uint8

FACE = render_image('S005', 'happy', 1.)
#: How a camera that is held so stores the upright picture.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def save(path, image, **kwargs):
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(str(path), **kwargs)
    return str(path)


def differs(path, **kwargs):
    """Largest difference from the upright face in 8 bits."""
    found = decode_face(path, 'grayscale', **kwargs)
    assert found.shape == FACE.shape and found.dtype == np.uint8
    colour = decode_face(path, 'color', **kwargs)
    np.testing.assert_array_equal(colour, np.dstack([found] * 3))
    return np.abs(found.astype(int) - FACE).max()


@pytest.mark.parametrize('orientation', sorted(STORED))
@pytest.mark.parametrize('suffix', ['jpg', 'png', 'webp', 'tif'])
def test_exif_orientation(tmp_path, suffix, orientation):
    image = Image.fromarray(FACE)
    if STORED[orientation] is not None:
        image = image.transpose(STORED[orientation])
    options = dict(quality=100)
    if suffix == 'tif':
        options = dict(tiffinfo={0x0112: orientation})
    else:
        options['exif'] = Image.Exif()
        options['exif'][0x0112] = orientation
    if suffix == 'webp':
        image, options['lossless'] = image.convert('RGB'), True
    path = save(tmp_path / f'face.{suffix}', image, **options)
    assert differs(path) <= (1 if suffix == 'jpg' else 0)


def test_exif_that_cannot_be_read_counts_as_upright(tmp_path):
    path = save(tmp_path / 'a.png', FACE, exif=b'Exif\0\0not a header at all')
    assert differs(path) == 0


@pytest.mark.parametrize('name, image, bit_depth',
                         [('full.png', FACE.astype(np.uint16) * 257, None),
                          ('full.png', FACE.astype(np.uint16) * 257, 16),
                          ('twelve.png', FACE.astype(np.uint16) * 16, 12),
                          ('eight.png', FACE.astype(np.uint16), 8),
                          ('eight.tif', FACE.astype(np.int32), 8),
                          ('int32.tif', FACE.astype(np.int32) * 257, None),
                          ('unit.tif', FACE.astype(np.float32) / 255, None),
                          ('float.tif', FACE.astype(np.float32), None),
                          ('float.tif', FACE.astype(np.float32), 8),
                          ('face.pgm', FACE, 12), ('face.png', FACE, 12)])
def test_range_of_values(tmp_path, name, image, bit_depth):
    """With one scale for all images; 8-bit files are as they are."""
    path = save(tmp_path / name, image)
    assert differs(path, bit_depth=bit_depth) <= (bit_depth == 12)
    out = LoadFace('grayscale', bit_depth=bit_depth)(dict(img=image))
    assert np.abs(out['img'].astype(int) - FACE).max() <= (bit_depth == 12)


@pytest.mark.parametrize('name, image, bit_depth, message', [
    ('a.png', FACE.astype(np.uint16), None, 'uint16 values from .* to 2'),
    ('a.png', FACE.astype(np.uint16) * 16, None, 'some above 16383; give'),
    ('a.png', FACE.astype(np.uint16) * 257, 12, 'expected 0 to 4095 for bit'),
    ('a.tif', FACE.astype(np.int32), None, 'int32 values from'),
    ('a.tif', FACE.astype(np.int32) - 99, None, 'int32 values from -'),
    ('a.tif', FACE.astype(np.int32) * 999, None, 'int32 values from'),
    ('a.tif', FACE / np.float32(200), None, 'expected 0 to 1, or 0 to 255'),
    ('a.tif', FACE / np.float32(250) - 0.1, None, 'values from -0.'),
    ('a.tif', np.where(FACE > 99, np.nan, FACE / np.float32(255)).astype(
        np.float32), None, 'NaN or infinite'),
    ('a.tif', np.where(FACE > 99, np.inf, FACE).astype(
        np.float32), 8, 'NaN or infinite'),
])
def test_a_range_that_is_not_clear_is_refused(tmp_path, name, image, bit_depth,
                                              message):
    path = save(tmp_path / name, image)
    with pytest.raises(ValueError, match=f'{name}: found .*{message}'):
        decode_face(path, 'grayscale', bit_depth)
    with pytest.raises(ValueError, match=f'handed in: found .*{message}'):
        LoadFace(bit_depth=bit_depth)(dict(img=image))


def test_black_is_black_at_any_depth():
    for kind in (np.uint16, np.int32, np.float32):
        assert to_uint8(np.zeros((2, 2), kind), 'a').max() == 0


def test_colour_of_16_bits(tmp_path):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, np.dstack([FACE.astype(np.uint16) * 257] * 3))
    assert differs(path) == differs(path, bit_depth=16) == 0
    cv2.imwrite(path, np.dstack([FACE.astype(np.uint16)] * 3))
    with pytest.raises(ValueError, match='a.png: found 16 bits a channel'):
        decode_face(path, 'color')
    with pytest.raises(ValueError, match='save the image in 8 bits'):
        decode_face(path, 'color', bit_depth=12)


def test_a_tiff_that_declares_12_bits(tmp_path):
    """Pillow reads them and does not write them."""
    path = save(tmp_path / 'a.tif', np.zeros((2, 4), np.uint16))
    data = bytearray(open(path, 'rb').read())
    count = int.from_bytes(data[8:10], 'little')
    for k in range(10, 10 + 12 * count, 12):
        if int.from_bytes(data[k:k + 2], 'little') == 258:
            data[k + 8:k + 10] = (12).to_bytes(2, 'little')
    offset = int.from_bytes(
        next(data[k + 8:k + 12] for k in range(10, 10 + 12 * count, 12)
             if int.from_bytes(data[k:k + 2], 'little') == 273), 'little')
    data[offset:offset + 12] = bytes.fromhex('fff'
                                             '000'
                                             '800'
                                             '400' * 2)
    open(path, 'wb').write(data)
    assert decode_face(path, 'grayscale')[0].tolist() == [255, 0, 128, 64]


def test_a_mode_that_cannot_be_converted(tmp_path, monkeypatch):
    path = save(tmp_path / 'a.tif', Image.new('CMYK', (4, 4)))

    def convert(self, mode):
        raise ValueError('conversion not supported')

    monkeypatch.setattr(Image.Image, 'convert', convert)
    for color_type in ('grayscale', 'color'):
        with pytest.raises(ValueError, match='found the colour mode CMYK'):
            decode_face(path, color_type)


@pytest.mark.parametrize('mode, pixel', [('LAB', (200, 128, 128)),
                                         ('YCbCr', (200, 128, 128)),
                                         ('CMYK', (50, 50, 50, 0))])
def test_colour_modes(tmp_path, mode, pixel):
    path = save(tmp_path / 'a.tif', Image.new(mode, (4, 4), pixel))
    grey = decode_face(path, 'grayscale').astype(int)
    want = decode_face(path, 'color') @ np.array([.114, .587, .299])
    assert np.abs(grey - want).max() <= 1
    assert np.abs(grey - 195).max() < 11


def test_an_image_that_would_fill_the_memory(tmp_path, monkeypatch):
    path = save(tmp_path / 'a.png', FACE)
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 48)
    with pytest.raises(ValueError, match='a.png: found an image of more than'):
        decode_face(path, 'color')


def test_any_error_of_a_decoder_is_reported(tmp_path, monkeypatch):
    path = save(tmp_path / 'a.png', FACE)

    def load(self):
        raise IndexError

    monkeypatch.setattr('PIL.PngImagePlugin.PngImageFile.load', load)
    with pytest.raises(ValueError, match=r'a.png: .*truncated .*IndexError'):
        decode_face(path, 'color')


@pytest.fixture
def folder(tmp_path):
    """Faces of 12 bits, one of which is constant."""
    for k, name in enumerate(('anger', 'happiness', 'happiness')):
        os.makedirs(str(tmp_path / name), exist_ok=True)
        image = render_image(f'S{k + 1:03d}', name, 1.).astype(np.uint16) * 16
        save(tmp_path / name / f'{k}.png', image * (k < 2))
    return str(tmp_path)


def read(folder, **kwargs):
    return ExpressionFolder(
        folder,
        split='all',
        classes=['anger', 'happiness'],
        pipeline=[dict(type='mmfermtl.LoadFace', color_type='grayscale')],
        **kwargs)


def test_the_depth_is_an_option_of_the_dataset(folder):
    """So that all readers of its images use it."""
    from mmfermtl.analysis.image_table import ImageTable
    from mmfermtl.preparation.browsing.sample_tiles import original_image
    with pytest.raises(ValueError, match='uint16 values'):
        read(folder)[0]
    with pytest.raises(ValueError, match='expected 0 to 255 for bit_depth=8'):
        read(folder, verify=True, bit_depth=8)
    dataset = read(folder, bit_depth=12)
    want = render_image('S001', 'anger', 1.)
    sequence = dataset.find_sequences()[0]
    thumbnails = ImageTable()
    thumbnails.add(dataset, 0, dataset.get_record(0))
    for image in (dataset[0]['img'], original_image(dataset, 0)[..., 0],
                  dataset.read_frames(sequence, [0])[0][..., 0]):
        assert np.abs(image.astype(int) - want).max() <= 1
    for value in (7, 17, 12., '12'):
        with pytest.raises(ValueError, match='bit_depth=.*8 to 16'):
            read(folder, bit_depth=value)
        with pytest.raises(ValueError, match='bit_depth=.*8 to 16'):
            LoadFace(bit_depth=value)


def test_preparation_takes_the_depth(folder, tmp_path_factory):
    out = str(tmp_path_factory.mktemp('crops'))
    prepare_dataset(
        'folder',
        folder,
        out,
        dataset_options=dict(bit_depth=12, classes=['anger', 'happiness']),
        options=dict(align='none', size=48))
    crop = decode_face(os.path.join(out, 'anger', '0.png'), 'grayscale')
    assert np.abs(crop.astype(int) -
                  render_image('S001', 'anger', 1.)).max() <= 1
    with open(os.path.join(out, 'report.md')) as file:
        assert '2.png: all pixels have the value' in file.read()
    with pytest.raises(ValueError, match='bit_depth'):
        prepare_dataset(
            'folder',
            folder,
            out,
            dataset_options=dict(classes=['anger', 'happiness']),
            options=dict(align='none', size=48))


def test_a_constant_image_is_reported(folder, caplog):
    dataset = read(folder, bit_depth=12, verify=True)
    assert len(dataset) == 2 and len(dataset.problems) == 1
    assert '2.png: all pixels have the value 0' in dataset.problems[0]
    with pytest.raises(ValueError, match='2.png: all pixels'):
        read(folder, bit_depth=12, verify=True, strict=True)
    dataset = read(folder, bit_depth=12)
    frames = read_frames(None, dataset, dataset.find_sequences()[-1], (0, ))
    assert '2.png: all pixels' in next(frames).fault


def test_constant_images_are_named_once_and_counted(tmp_path, monkeypatch):
    messages = []
    monkeypatch.setattr('mmfermtl.datasets.transforms.load_face.print_log',
                        lambda text, **kwargs: messages.append(text))
    load = LoadFace(cache_mb=0)
    for k in [*range(7), *range(7)]:
        path = save(tmp_path / f'{k}.png', np.full((4, 4), k, np.uint8))
        load(dict(img_path=path))
    assert len(messages) == 5
    assert '1.png: all pixels have the value [1, 1, 1]' in messages[1]
    assert messages[4].endswith('lists them all)') and 'image 5' in messages[4]
