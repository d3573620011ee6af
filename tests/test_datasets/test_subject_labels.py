"""Subjects as labels, split by sequence."""
import pytest

from mmfermtl.datasets import CKPlus48, SubjectLabels

LOAD = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]


def labelled(root, part, **options):
    return SubjectLabels(
        CKPlus48(root, fold=0, pipeline=LOAD), part=part, **options)


def test_parts(few_ckplus48):
    parts = {p: labelled(few_ckplus48, p) for p in ('fit', 'check', 'all')}
    assert len(parts['fit']) + len(parts['check']) == len(parts['all'])
    assert not set(parts['fit'].indices) & set(parts['check'].indices)
    keys = {
        p: {(r['subject'], r['sequence'])
            for r in map(d.get_data_info, range(len(d)))}
        for p, d in parts.items()
    }
    assert not keys['fit'] & keys['check']
    # Only subjects in `fit` are in `check`.
    fitted = {subject for subject, _ in keys['fit']}
    assert {subject for subject, _ in keys['check']} <= fitted


def test_labels(few_ckplus48):
    faces = labelled(few_ckplus48, 'all')
    names = faces.metainfo['classes']
    assert list(names) == sorted(set(faces.dataset.get_subjects()))
    for i in (0, len(faces) - 1):
        sample = faces[i]['data_samples']
        assert names[int(sample.gt_label)] == sample.subject
    assert len(labelled(few_ckplus48, 'all', indices=3)) == 3


def test_mistakes(few_ckplus48):
    with pytest.raises(ValueError, match='part='):
        labelled(few_ckplus48, 'train')
    few = CKPlus48(few_ckplus48, fold=0, indices=3)
    with pytest.raises(ValueError, match='no image is left'):
        SubjectLabels(few, part='check')
