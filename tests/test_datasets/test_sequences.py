"""Which frames of a sequence are samples."""
import pytest

from mmfermtl.datasets.sequences import (ExpressionSequence, check_frame_rule,
                                         choose_frames, is_excluded,
                                         read_frame_file)


@pytest.mark.parametrize('rule, frames', [
    ('all', (0, 1, 2, 3, 4, 5, 6)),
    (dict(first=2), (0, 1)),
    (dict(last=3), (4, 5, 6)),
    (dict(last=9), (0, 1, 2, 3, 4, 5, 6)),
    (dict(middle=3), (2, 3, 4)),
    (dict(middle=1), (3, )),
    (dict(indices=[0, -1]), (0, 6)),
    (dict(file={'A/1': (2, 5)}), (2, 5)),
    (dict(file={'B/1': (2, 5)}), ()),
])
def test_rules(rule, frames):
    check_frame_rule(rule)
    assert choose_frames(rule, 7, 'A/1') == frames


def test_middle_is_around_half_of_the_length():
    """FMPN's triples of MMI: c - 1, c, c + 1 with c = n // 2."""
    for length in range(3, 20):
        centre = length // 2
        assert choose_frames(dict(middle=3),
                             length) == (centre - 1, centre, centre + 1)


def test_index_beyond_the_sequence():
    with pytest.raises(ValueError, match=r'A/1 has 7 frames.*\[7\]'):
        choose_frames(dict(indices=[7]), 7, 'A/1')


@pytest.mark.parametrize('rule', [
    'last', 3, dict(last='3'), dict(last=-1), dict(end=3), dict(indices=[]),
    dict(indices=['a']), dict(indices=5), dict(last=1, first=1)
])  # yapf: disable
def test_malformed_rules(rule):
    with pytest.raises(ValueError, match="give 'all', dict"):
        check_frame_rule(rule)


def test_frame_file(tmp_path):
    path = tmp_path / 'frames.txt'
    path.write_text('# chosen by hand\nS035/004 51 52 53\n\nS001/1 -1\n')
    assert read_frame_file(str(path)) == {
        'S035/004': (51, 52, 53),
        'S001/1': (-1, )
    }
    for text in ('S035 51', 'S035/004', 'S035/004 x', 'A/1 2\nA/1 3'):
        path.write_text(text)
        with pytest.raises(ValueError, match='frames.txt:.*each sequence'):
            read_frame_file(str(path))


def test_exclusions():
    sequence = ExpressionSequence('S002', '106', 'fear', 9)
    assert is_excluded(sequence, ['S002'])
    assert is_excluded(sequence, ['S002-106'])
    assert is_excluded(sequence, [' S002/106 '])
    assert not is_excluded(sequence, ['S002/10', 'S021'])
