"""One hash for the images that a network was trained on."""
import hashlib
import os
import os.path as osp
import shutil

from mmengine.dataset import BaseDataset
from rendered_trees import render_neutral_frames

from mmfermtl.datasets import CKPlus48, CKPlusNeutral, SyntheticFaces
from mmfermtl.datasets.data_list import data_list_sha256


def test_anybody_can_compute_it(few_ckplus48):
    """From the files alone: path in the folder, tab, class, sorted."""
    lines = []
    for folder in os.listdir(few_ckplus48):
        label = dict(happy='happiness').get(folder, folder)
        lines += [
            f'{folder}/{name}\t{label}\n'
            for name in os.listdir(osp.join(few_ckplus48, folder))
        ]
    wanted = hashlib.sha256(''.join(sorted(lines)).encode()).hexdigest()
    dataset = CKPlus48(few_ckplus48, split='all')
    assert len(lines) == len(dataset)
    assert data_list_sha256(dataset) == wanted


def test_where_the_data_are_does_not_matter(few_ckplus48, tmp_path,
                                            monkeypatch):
    parent = tmp_path / 'elsewhere'
    moved = shutil.copytree(few_ckplus48, str(parent / 'CK+48'))
    monkeypatch.chdir(tmp_path)
    places = ((few_ckplus48, 'train'), (few_ckplus48, 'test'),
              ('elsewhere', 'train'), (moved, 'train'))
    train, test, outer, inner = [
        data_list_sha256(CKPlus48(root, split=split, fold=0))
        for root, split in places
    ]
    assert train == outer == inner != test
    # Another label of one image is another list.
    first = sorted(os.listdir(osp.join(moved, 'anger')))[0]
    before = data_list_sha256(CKPlus48(moved, split='all'))
    subject, number, _ = first.split('_')
    for name in os.listdir(osp.join(moved, 'anger')):
        if name.startswith(f'{subject}_{number}_'):
            os.rename(
                osp.join(moved, 'anger', name), osp.join(moved, 'fear', name))
    assert data_list_sha256(CKPlus48(moved, split='all')) != before


def test_images_of_two_folders(few_ckplus48, tmp_path, monkeypatch):
    """One of them given relative to the working directory."""
    render_neutral_frames(str(tmp_path), few_ckplus48)
    parent, name = osp.split(few_ckplus48)
    monkeypatch.chdir(parent)
    neutral, relative = (
        data_list_sha256(
            CKPlusNeutral(
                root, neutral_root=str(tmp_path), split='all', classes=8))
        for root in (few_ckplus48, name))
    plain = data_list_sha256(CKPlus48(few_ckplus48, split='all'))
    assert neutral == relative != plain


def test_rendered_faces_are_named_by_what_they_show():
    first, same, other = (
        data_list_sha256(
            SyntheticFaces(num_subjects=20, split='all', **options))
        for options in ({}, dict(num_folds=5), dict(render_seed=1)))
    assert first == same != other


def test_datasets_of_others():
    """Without names, or without records."""
    arrays = BaseDataset(lazy_init=True)
    arrays.data_list = [dict(img=0, gt_label=1)]
    arrays.serialize_data, arrays._fully_initialized = False, True
    assert data_list_sha256(arrays) is None
    assert data_list_sha256([1, 2]) is None
