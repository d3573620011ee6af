"""Pages of a config's datasets."""
import os

import cv2
import numpy as np
import pytest
import torch
from dataset_configs import make_config, sides

from mmfermtl.apis import UserError
from mmfermtl.datasets import CKPlus48, LoadFace, SyntheticFaces
from mmfermtl.engine.config.config_datasets import build_datasets
from mmfermtl.preparation.browsing.dataset_browsing import (_contents,
                                                            browse_charts,
                                                            browse_dataset,
                                                            browse_pages,
                                                            spread)
from mmfermtl.preparation.browsing.sample_tiles import (image_tile, pair_tile,
                                                        pipeline_tile)

PIPELINE = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(
        type='mmfermtl.ApplyToPair',
        transforms=[dict(type='mmpretrain.RandomFlip', prob=0.5)]),
    dict(type='mmfermtl.PackExpressionInputs')
]


def rendered(**options):
    """Configs of rendered faces."""
    return sides(**dict(
        dict(
            type='mmfermtl.SyntheticFaces',
            num_subjects=4,
            num_folds=4,
            pipeline=PIPELINE,
            pairs=True), **options))


@pytest.fixture
def cfg(tmp_path):
    return make_config(tmp_path / 'rendered.py', *rendered())


def test_pages_of_each_kind(cfg):
    found = dict(browse_pages(cfg, rows=2, columns=4, pages=2, pairs=True))
    assert list(found) == [
        f'train_{kind}_0{k}' for kind in ('images', 'pipeline', 'pairs')
        for k in (1, 2)
    ]
    tall, wide = found['train_images_01'].shape[:2]
    assert wide == 16 + 4 * (144 + 16)
    assert found['train_images_02'].shape == (tall, wide, 3)
    assert (found['train_images_01'] != found['train_images_02']).any()


def test_a_last_page_may_be_short_and_none_is_empty(cfg):
    # The test side has 21 images.
    found = dict(browse_pages(cfg, 'test', rows=2, columns=5, pages=9))
    assert sum('images' in name for name in found) == 3


def test_spread_over_the_whole_set():
    assert spread(list(range(100)), 4) == [0, 33, 66, 99]
    assert spread(list(range(3)), 10) == [0, 1, 2]


def test_captions_of_a_tile():
    data = SyntheticFaces(num_subjects=3, split='all')
    tile = image_tile(data, 4)
    assert tile.lines == ['contempt', 'F000/002', 'frame 7 of 8']
    assert (tile.images[0] == data.get_data_info(4)['img']).all()


def test_two_passes_differ_in_training_and_not_in_test(cfg):
    for split, differ in (('train', True), ('test', False)):
        data, = build_datasets(cfg, split)
        tiles = [pipeline_tile(data, k) for k in range(8)]
        assert any((t.images[1] != t.images[2]).any() for t in tiles) == differ
        for tile in tiles:
            original = tile.images[0]
            for one in tile.images[1:]:
                turned = original[:, ::-1]
                assert one.shape == (48, 48, 1)
                assert (one[..., 0] == original).all() or (one[..., 0]
                                                           == turned).all()
        assert tiles[0].lines[1] == '48 x 48 → 48 x 48 px'


@pytest.mark.parametrize('difficulty', ['studio', 'wild'])
@pytest.mark.parametrize('split', ['train', 'test'])
def test_the_pair_on_the_page_is_the_pair_in_training(tmp_path, split,
                                                      difficulty):
    """The target is the one that the pipeline got."""
    pairs = dict(identity=0.2, unpaired=0.3)
    cfg = make_config(
        tmp_path / 'pairs.py',
        *rendered(
            pairs=pairs,
            classes=['anger', 'fear', 'surprise'],
            difficulty=difficulty))
    data, = build_datasets(cfg, split)
    for k in range(len(data)):
        tile = pair_tile(data, k)
        source, target, after, target_after = tile.images
        assert (source == after[..., 0]).all() or (source[:, ::-1]
                                                   == after[..., 0]).all()
        turned = (source[:, ::-1] == after[..., 0]).all()
        target = target[:, ::-1] if turned else target
        assert (target == target_after[..., 0]).all()
        old, new = tile.lines[0].split(' → ')
        assert old == data.CLASSES[data.get_record(k)['gt_label']]
        assert new in data.CLASSES


def test_a_mixture_has_no_image(tmp_path):
    cfg = make_config(tmp_path / 'pairs.py', *rendered(pairs=dict(mixed=1.)))
    data, = build_datasets(cfg, 'train')
    tile = pair_tile(data, 0)
    assert tile.images[1] is None and tile.images[3] is None
    assert tile.lines[1].endswith('a mixture, which no image shows')


def test_a_target_without_an_image(tmp_path):
    """The tile has blanks in place of the missing images."""

    class OneSmile(SyntheticFaces):
        """Only the first subject shows more than one expression."""

        def load_samples(self):
            return [
                s for s in super().load_samples()
                if s['subject'] == 'F000' or (s['subject'],
                                              s['expression']) == ('F001',
                                                                   'fear')
            ]

    data = OneSmile(
        num_subjects=2,
        num_folds=2,
        split='all',
        pairs=True,
        pipeline=[dict(type='mmfermtl.PackExpressionInputs')])
    tile = pair_tile(data, len(data) - 1)
    assert tile.images[1] is None and tile.images[3] is None
    assert 'no such image' in tile.lines[1]


def test_images_that_are_only_sources():
    """An image without a label has a tile, a pair and a bar."""

    class Sources(SyntheticFaces):
        """Neutral faces carry no label."""

        def load_samples(self):
            samples = super().load_samples()
            for sample in samples:
                if sample['role'] == 'neutral':
                    sample['expression'] = None
            return samples

    data = Sources(
        num_subjects=2,
        num_folds=2,
        split='all',
        pairs=True,
        pipeline=[dict(type='mmfermtl.PackExpressionInputs')])
    first = data.get_gt_labels().tolist().index(-1)
    assert image_tile(data, first).lines[0] == 'no label (source only)'
    old, new = pair_tile(data, first).lines[0].split(' → ')
    assert old == 'no label (source only)' and new in data.CLASSES
    assert ('no label', 'F000') in _contents([data])


def test_float_pipelines(few_ckplus48, tmp_path):
    """A pipeline may end in floats, such as a normalisation."""

    def normalise(results):
        results['inputs'] = torch.from_numpy(results['img'][None] / 127.5 - 1)
        return results

    data = CKPlus48(
        few_ckplus48,
        split='all',
        pipeline=[LoadFace(color_type='grayscale'), normalise])
    tile = pipeline_tile(data, 0)
    assert tile.images[1].dtype == np.uint8
    low, high = tile.images[1].min(), tile.images[1].max()
    assert (low, high) == (0, 255)


def test_charts_count_every_fold(cfg):
    found = dict(browse_charts(cfg))
    assert list(found) == ['classes_per_fold', 'subjects_per_fold']
    whole = found['classes_per_fold']
    assert whole.dtype == np.uint8 and whole.shape[2] == 3
    one = dict(browse_charts(cfg, every_fold=False))['classes_per_fold']
    assert one.shape[1] < whole.shape[1]


def test_files_are_written_to_out(cfg, tmp_path, capsys):
    out = tmp_path / 'to be made' / 'Bilder ü'
    files = browse_dataset(cfg, str(out), rows=1, columns=3, charts=True)
    assert sorted(os.listdir(out)) == [
        'classes_per_fold.png', 'subjects_per_fold.png', 'train_images_01.png',
        'train_pipeline_01.png'
    ]
    printed = capsys.readouterr().out
    assert 'must not be shared' in printed
    assert all(path in printed for path in files)
    content = np.fromfile(files[0], np.uint8)
    assert cv2.imdecode(content, cv2.IMREAD_COLOR).shape[1] == 16 + 3 * 160


def test_neither_out_nor_show(cfg):
    with pytest.raises(UserError, match='give --out FOLDER to save'):
        browse_dataset(cfg)


def test_out_is_a_file(cfg, tmp_path):
    path = tmp_path / 'notes.txt'
    path.write_text('mine')
    with pytest.raises(UserError, match='notes.txt: this is a file'):
        browse_dataset(cfg, str(path))
    with pytest.raises(UserError, match='notes.txt/x: cannot write there'):
        browse_dataset(cfg, str(path / 'x'))
    assert path.read_text() == 'mine'


@pytest.mark.skipif(os.geteuid() == 0, reason='root writes everywhere')
def test_out_is_read_only(cfg, tmp_path):
    folder = tmp_path / 'locked'
    folder.mkdir(mode=0o555)
    with pytest.raises(UserError, match='locked: cannot write there'):
        browse_dataset(cfg, str(folder))


def test_a_full_disk(cfg, tmp_path, monkeypatch):
    if not os.path.exists('/dev/full'):
        pytest.skip('needs /dev/full')
    (tmp_path / 'out').mkdir()
    os.symlink('/dev/full', tmp_path / 'out' / 'train_images_01.png')
    with pytest.raises(
            UserError,
            match='train_images_01.png: cannot write '
            'there .No space left'):
        browse_dataset(cfg, str(tmp_path / 'out'))


def test_no_screen(cfg, monkeypatch, no_new_figures):
    import matplotlib.pyplot as plt
    plt.switch_backend('agg')
    with pytest.raises(UserError, match='no screen'):
        browse_dataset(cfg, show=True)


@pytest.mark.parametrize('options, message', [
    (dict(rows=0), '--rows 0: expected 1 or more'),
    (dict(pages=-1), '--pages -1'),
    (dict(columns=0), '--cols 0'),
])
def test_numbers_that_are_too_small(cfg, tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        browse_dataset(cfg, str(tmp_path / 'out'), **options)


def test_pairs_of_a_dataset_without_pairs(tmp_path):
    cfg = make_config(tmp_path / 'plain.py', *rendered(pairs=False))
    with pytest.raises(UserError, match='--pairs: the train dataset of'):
        browse_dataset(cfg, str(tmp_path / 'out'), pairs=True)
