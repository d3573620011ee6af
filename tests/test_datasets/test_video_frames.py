"""Videos: every codec gives all of its frames, and faults are named."""
import builtins
import os

import av
import numpy as np
import pytest
from rendered_mmi import CODECS, frontal, intensities, write_video

from mmfermtl.datasets.transforms.load_face import LoadFace
from mmfermtl.utils.decoding.video_frames import probe_video, read_video_frames

#: Those of the rendered tree, others of the time of MMI, and one with frames
#: that are stored in another order than they are shown.
ALL_CODECS = {
    **{
        name: (encoder, pixels, {})
        for name, (encoder, pixels, _) in CODECS.items()
    }, 'MPEG-4 interlaced': ('mpeg4', 'yuv420p', dict(flags='+ildct+ilme')),
    'MPEG-2': ('mpeg2video', 'yuv420p', {}),
    'MS-MPEG-4': ('msmpeg4', 'yuv420p', {}),
    'HuffYUV': ('huffyuv', 'yuv422p', {}),
    'raw': ('rawvideo', 'bgr24', {}),
    'MPEG-4 with B-frames': ('mpeg4', 'yuv420p', dict(bf='2')),
    'H.264': ('libx264', 'yuv420p', {})
}


def rendered(number=11, width=180, height=144):
    return [
        np.roll(frontal('S035', 'surprise', x, width, height), 2 * i, axis=1)
        for i, x in enumerate(intensities(number))
    ]


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    """An MPEG-4 video of 11 frames."""
    path = str(tmp_path_factory.mktemp('video') / 'S035-004.avi')
    return write_video(path, rendered(), 'mpeg4')


def cut(video, path, share):
    with open(video, 'rb') as file:
        content = file.read()
    path.write_bytes(content[:int(len(content) * share)])
    return str(path)


@pytest.mark.parametrize('codec', ALL_CODECS)
def test_codec_gives_every_frame(tmp_path, codec):
    encoder, pixels, options = ALL_CODECS[codec]
    frames = rendered()
    path = write_video(
        str(tmp_path / 'a.avi'), frames, encoder, pixels, **options)
    info = probe_video(path)
    assert info[:3] == (11, 180, 144)
    assert info.fault is None
    read = read_video_frames(path, range(11))
    assert list(read) == list(range(11))
    for i, frame in enumerate(frames):
        assert read[i].dtype == np.uint8
        errors = [
            np.abs(read[i].astype(float) - other).mean() for other in frames
        ]
        assert errors[i] < 6
        assert errors[i] == min(errors)


def test_full_size_dv_is_not_black(tmp_path):
    """PAL cameras interlace, which OpenCV returns as black frames."""
    frames = rendered(3, 720, 576)
    path = write_video(str(tmp_path / 'a.avi'), frames, 'dvvideo')
    with av.open(path) as container:
        assert next(container.decode(video=0)).interlaced_frame
    read = read_video_frames(path, [2])[2]
    assert np.abs(read.astype(float) - frames[2]).mean() < 6


@pytest.mark.parametrize('codec', ['AV1', 'MPEG-4 with B-frames', 'H.264'])
def test_frame_read_alone_is_the_same(tmp_path, codec):
    encoder, pixels, options = ALL_CODECS[codec]
    path = write_video(
        str(tmp_path / 'a.avi'), rendered(), encoder, pixels, **options)
    together = read_video_frames(path, range(11))
    for i in (10, 0, 5):
        alone = read_video_frames(path, [i])
        assert list(alone) == [i]
        assert np.array_equal(alone[i], together[i])


def test_nothing_is_decoded_beyond_the_last_frame(tmp_path, video):
    """A fault at the end does not keep one from the frames before it."""
    path = cut(video, tmp_path / 'cut.avi', 0.6)
    whole = read_video_frames(video, [1])
    assert np.array_equal(read_video_frames(path, [1])[1], whole[1])


def test_cut_file_gives_what_is_there(tmp_path, video):
    path = cut(video, tmp_path / 'cut.avi', 0.6)
    info = probe_video(path)
    assert 2 < info.num_frames < 11
    assert 'shorter than its header' in info.fault
    with pytest.raises(ValueError, match='do not exist; copy') as error:
        read_video_frames(path, [0, 10])
    assert path in str(error.value)
    assert f"{info.num_frames} frames can be decoded (codec 'FMP4'" in str(
        error.value)


def test_announced_number_is_ignored(tmp_path, video):
    """The header is made to announce 1000 frames."""
    with open(video, 'rb') as file:
        content = bytearray(file.read())
    start = content.find(b'avih') + 8 + 16
    assert int.from_bytes(content[start:start + 4], 'little') == 11
    content[start:start + 4] = (1000).to_bytes(4, 'little')
    length = content.find(b'strh') + 8 + 32
    content[length:length + 4] = (1000).to_bytes(4, 'little')
    path = tmp_path / 'wrong.avi'
    path.write_bytes(content)
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 1000
    assert probe_video(str(path)).num_frames == 11


def test_texts_in_the_header_may_have_any_encoding(tmp_path, video):
    with open(video, 'rb') as file:
        content = file.read()
    start = content.find(b'ISFT') + 8
    path = tmp_path / 'a.avi'
    path.write_bytes(content[:start] + b'Zo\xe9' + content[start + 3:])
    if int(av.__version__.split('.')[0]) < 19:
        with pytest.raises(UnicodeDecodeError):
            av.open(str(path))
    assert probe_video(str(path)).num_frames == 11


def broken(video, tmp_path, kind):
    path = tmp_path / 'S035-004.avi'
    if kind == 'empty':
        path.write_bytes(b'')
    elif kind == 'text':
        path.write_text('this is no video\n' * 100)
    elif kind == 'header':
        cut(video, path, 0.1)
    elif kind == 'playlist':
        (tmp_path / 'other.avi').write_bytes(open(video, 'rb').read())
        path.write_text('ffconcat version 1.0\nfile other.avi\n')
    elif kind == 'codec':
        with open(video, 'rb') as file:
            path.write_bytes(file.read().replace(b'FMP4', b'QqQ!'))
    elif kind == 'noise':
        noise = np.random.default_rng(0).bytes(20000)
        path.write_bytes(b'RIFF' + (19000).to_bytes(4, 'little') + b'AVI ' +
                         noise)
    return str(path)


@pytest.mark.parametrize('kind,message', [
    ('empty', '0 bytes'),
    ('text', 'codec'),
    ('header', 'shorter than its header'),
    ('playlist', 'codec'),
    ('codec', 'QqQ!'),
    ('noise', 'codec'),
])
def test_video_without_a_frame(video, tmp_path, kind, message):
    path = broken(video, tmp_path, kind)
    with pytest.raises(ValueError, match=message) as error:
        probe_video(path)
    assert path in str(error.value)
    assert 'again' in str(error.value)
    with pytest.raises(ValueError, match=message):
        read_video_frames(path, [0])


def test_missing_video(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.avi.*copy it again'):
        probe_video(str(tmp_path / 'none.avi'))


def test_without_pyav(video, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == 'av':
            raise ImportError("No module named 'av'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', without)
    for call in (lambda: probe_video(video),
                 lambda: read_video_frames(video, [0])):
        with pytest.raises(ImportError, match='pip install av'):
            call()


def test_changed_file_is_read_again(tmp_path, video):
    path = str(tmp_path / 'a.avi')
    write_video(path, rendered(5), 'mpeg4')
    assert probe_video(path).num_frames == 5
    os.replace(
        write_video(str(tmp_path / 'b.avi'), rendered(7), 'mpeg4'), path)
    assert probe_video(path).num_frames == 7


def test_path_with_blanks_and_letters(tmp_path, video):
    path = tmp_path / 'Bücher & 顔 %03d' / 'S001 -112.avi'
    path.parent.mkdir()
    path.write_bytes(open(video, 'rb').read())
    assert probe_video(str(path)).num_frames == 11


def test_load_face_keeps_frames_apart(video):
    """Frames of one file are different images, and target frames too."""
    transform = LoadFace(color_type='grayscale')

    def load(index, **geometry):
        geometry = dict(dict(half=None, rotate=0), **geometry)
        return transform(
            dict(
                img_path=video,
                video=dict(index=index, **geometry),
                target_img_path=video,
                target_video=dict(index=5, half=None, rotate=0)))

    first, peak = load(0), load(5)
    frames = read_video_frames(video, [0, 5])
    for result, i in ((first, 0), (peak, 5)):
        assert result['img'].shape == (144, 180)
        assert np.abs(result['img'] - frames[i].mean(axis=2)).max() < 12
    assert not np.array_equal(first['img'], peak['img'])
    assert np.array_equal(first['target_img'], peak['img'])
    turned = load(0, rotate=90)
    assert np.array_equal(turned['img'], np.rot90(first['img'], -1))
    assert turned['img_shape'] == (180, 144)
    assert np.array_equal(load(0, half='left')['img'], first['img'][:, :90])
    assert np.array_equal(load(0)['img'], first['img'])  # from the cache
    color = LoadFace()(
        dict(img_path=video, video=dict(index=0, half='right', rotate=180)))
    expected = np.rot90(frames[0][:, 90:], 2)
    assert np.array_equal(color['img'], expected)
