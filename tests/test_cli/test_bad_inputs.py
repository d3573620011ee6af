"""Files that `mmfermtl predict` cannot read: each a row, and a code."""
import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_faces import picture
from PIL import Image
from prediction_files import read_rows, write_film


def png(array):
    return cv2.imencode('.png', array)[1].tobytes()


def saved(form, mode='RGB', **kwargs):
    """A picture, encoded by Pillow."""
    content = io.BytesIO()
    image = Image.fromarray(picture((10, 20, 60, 250))[..., ::-1])
    image.convert(mode).save(content, form, **kwargs)
    return content.getvalue()


def cut(content, share):
    return content[:int(share * len(content))]


def png_of_size(width, height):
    """A PNG that announces a size, with few pixels."""
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    chunks = [(b'IHDR', head), (b'IDAT', zlib.compress(bytes(1000))),
              (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + kind + data +
        struct.pack('>I', zlib.crc32(kind + data)) for kind, data in chunks)


def other_byte(content):
    """The content with another byte in its middle."""
    values = bytearray(content)
    values[len(values) // 2] ^= 255
    return bytes(values)


def turned(orientation):
    """A tag of how the camera was held."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def floats(value):
    image = np.full((9, 9), value, np.float32)
    return cv2.imencode('.tif', image)[1].tobytes()


#: Files that are no sound pictures or films: a row each, and code 1.
BROKEN = {
    'empty.png': b'',
    'text.png': b'hello',
    'zeros.png': b'\0' * 4096,
    'cut.png': png(picture())[:80],
    'cut.jpg': cv2.imencode('.jpg', picture())[1].tobytes()[:300],
    'header.jpg': b'\xff\xd8\xff\xe0',
    'html.jpg': b'<html><body>404</body></html>',
    'pointer.png': b'version https://git-lfs.github.com/spec/v1\n',
    'gif.gif': b'GIF89a',
    'bmp.bmp': b'BM' + b'\0' * 20,
    'tiff.tif': b'II*\0\xff\xff\xff\x7f',
    'webp.webp': b'RIFF\x10\0\0\0WEBPVP8 ',
    'huge.ppm': b'P6 90000 90000 255\n',
    'negative.pgm': b'P5 -3 4 255\n',
    'nan.tif': floats(np.nan),
    'infinite.tif': floats(np.inf),
    'large.tif': floats(1e30),
    'bomb.png': png_of_size(60000, 60000),
    'no side.png': png_of_size(0, 5),
    'other byte.png': other_byte(png(picture())),
    'cut progressive.jpg': cut(saved('JPEG', progressive=True), .6),
    'cut.webp': cut(saved('WEBP', lossless=True), .5),
    'cut.tif': cut(saved('TIFF'), .5),
    'array.npy': b'\x93NUMPY\1\0',
    'empty.mp4': b'',
    'text.mp4': b'hello',
    'zeros.mkv': b'\0' * 4096,
    'png.avi': png(picture()),
    'cut.mp4': b'\0\0\0\x18ftypmp42',
    'list.mp4': b'#EXTM3U\n/etc/passwd\n',
    'none.webm': b'\x1aE\xdf\xa3',
}


@pytest.mark.parametrize('name', sorted(BROKEN))
def test_broken_files_are_rows(predict, name):
    Path(name).write_bytes(BROKEN[name])
    assert predict(name, '--out', 'out') == 1
    row, = read_rows('out')
    assert row['status'] == 'error' and row['note']


def link(target):
    return lambda name: os.symlink(target, name)


#: What is no file at all.
NO_FILES = {
    'pipe.png': os.mkfifo,
    'endless.png': link('/dev/zero'),
    'device.jpg': link('/dev/null'),
    'loop.png': link('loop.png'),
    'lost.png': link('nowhere'),
}


@pytest.mark.parametrize('name', sorted(NO_FILES))
def test_what_is_no_file_is_a_row(predict, name):
    NO_FILES[name](name)
    assert predict(name, '--out', 'out') == 1
    row, = read_rows('out')
    assert row['status'] == 'error' and name in row['note']


def write_sound(name):
    """Write a film without pictures."""
    import av
    with av.open(name, 'w') as container:
        stream = container.add_stream('aac', rate=44100)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format='fltp', layout='mono')
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_as(other):
    """Write a film with the ending of another kind."""

    def write(name):
        write_film(other)
        os.rename(other, name)

    return write


def write_start(name):
    """Write a film, and leave the first bytes of it."""
    write_film(name)
    os.truncate(name, 30)


#: Films that cannot be read: a row, and code 1.
NO_FILMS = {
    'sound.mp4': write_sound,
    'other kind.avi': write_as('film.mp4'),
    'other kind.mkv': write_as('film.mp4'),
    'start.mp4': write_start,
}


@pytest.mark.parametrize('name', sorted(NO_FILMS))
def test_films_that_cannot_be_read_are_a_row(predict, name):
    pytest.importorskip('av')
    NO_FILMS[name](name)
    assert predict(name, '--out', 'out') == 1
    row, = read_rows('out')
    assert row['status'] == 'error' and 'cannot be read' in row['note']


#: A second frame of a picture that moves.
FRAMES = [Image.new('RGB', (9, 9))]
#: Pictures that are odd, but sound: code 0.
ODD = {
    'one.png': png(np.zeros((1, 1, 3), np.uint8)),
    'line.png': png(np.zeros((1, 500), np.uint8)),
    'column.png': png(np.zeros((500, 1, 3), np.uint8)),
    'alpha.png': png(np.zeros((9, 9, 4), np.uint8)),
    'deep.png': png(np.full((9, 9), 60000, np.uint16)),
    'name with = , " and ä.png': png(picture()),
    '=1+1.png': png(picture()),
    'cmyk.jpg': saved('JPEG', 'CMYK'),
    'palette.png': saved('PNG', 'P'),
    'bits.png': saved('PNG', '1'),
    'grey with alpha.png': saved('PNG', 'LA'),
    'moving.gif': saved('GIF', save_all=True, append_images=FRAMES),
    'unknown turn.jpg': saved('JPEG', exif=turned(99)),
    'without ending': png(picture()),
    'png.heic': png(picture()),
    'jpeg.png': cv2.imencode('.jpg', picture())[1].tobytes(),
}


@pytest.mark.parametrize('name', sorted(ODD))
def test_odd_pictures_are_read(predict, name):
    Path(name).write_bytes(ODD[name])
    assert predict(f'./{name}', '--out', 'out') == 0
    row, = read_rows('out')
    assert row['status'] == 'ok'
    assert os.path.normpath(row['file']) == name
