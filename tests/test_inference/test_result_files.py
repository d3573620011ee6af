"""Rows are whole, and there once, whenever a run is killed."""
import csv
import json
import os

import pytest
from fake_faces import CLASSES, fake_reader, picture

from mmfermtl.inference.result_files import (CSV_FILE, JOURNAL_FILE,
                                             JSONL_FILE, ResultFiles)
from mmfermtl.inference.result_rows import error_row, face_rows
from mmfermtl.utils.errors import UserError

OPTIONS = dict(model='a', faces='detect')


def read_rows(folder):
    with open(folder / CSV_FILE, encoding='utf-8', newline='') as file:
        table = list(csv.DictReader(file))
    with open(folder / JSONL_FILE, encoding='utf-8') as file:
        lines = [json.loads(line) for line in file]
    assert [row['file'] for row in table] == [row['file'] for row in lines]
    return table, lines


def rows_of(name, faces=2):
    squares = [(10 + 70 * i, 20, 60, 255) for i in range(faces)]
    return face_rows(name, fake_reader().read([picture(*squares)])[0])


def test_rows_hold_what_was_read(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS) as files:
        files.write('a, "b".png', rows_of('a, "b".png'))
        files.write('n.png', rows_of('n.png', 0))
        files.write('e.png', [error_row('e.png', 'broken\nfile')])
        assert files.counts == dict(ok=2, no_face=1, error=1)
    table, lines = read_rows(tmp_path)
    assert [r['status'] for r in table] == ['ok', 'ok', 'no_face', 'error']
    assert table[0]['file'] == 'a, "b".png'
    assert table[0]['box'] == '10.0 20.0 70.0 80.0'
    assert lines[0]['box'] == [10, 20, 70, 80]
    assert table[0]['class'] == 'surprise' == lines[0]['class']
    assert lines[0]['p_surprise'] == lines[0]['probability']
    assert table[3]['note'] == 'broken file'
    assert table[2]['class'] == '' and lines[2]['class'] is None
    assert not (tmp_path / JOURNAL_FILE).exists()


@pytest.mark.parametrize('start', ['=', '+', '-', '@', '\t', '\r'])
def test_no_text_is_a_formula(start, tmp_path):
    name = f'{start}HYPERLINK("a").png'
    row = error_row(name, f'{start.strip() or "="}1: cannot be read')
    row.update({'class': f'{start}1', 'set': [f'{start}1', 'fear']})
    row['box'] = [-1.5, 2]
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS) as files:
        files.write(name, [row])
    with open(tmp_path / CSV_FILE, encoding='utf-8', newline='') as file:
        (cells, ) = csv.DictReader(file)
    # It is the same file, and numbers stay numbers.
    assert os.path.normpath(cells['file']) == name
    assert cells['box'] == '-1.5 2'
    for key in ('file', 'class', 'set', 'note'):
        assert cells[key][0] in ".'"
    with open(tmp_path / JSONL_FILE, encoding='utf-8') as file:
        assert json.loads(file.read())['file'] == name


def test_a_run_goes_on_behind_the_last_finished_picture(tmp_path):
    for cut in range(0, 2000, 37):
        folder = tmp_path / str(cut)
        with ResultFiles(str(folder), CLASSES, OPTIONS, resume=True) as files:
            for name in 'abc':
                files.write(name, rows_of(name))
        # As if it was killed while it wrote: any file may lack its end.
        for name in (CSV_FILE, JSONL_FILE, JOURNAL_FILE):
            path = folder / name
            length = path.stat().st_size
            os.truncate(path, max(length - (cut * (3 + len(name))) % 900, 0))
        with ResultFiles(str(folder), CLASSES, OPTIONS, resume=True) as files:
            for name in 'abcd':
                if name not in files.finished:
                    files.write(name, rows_of(name))
            assert files.counts['ok'] == 8
        table, _ = read_rows(folder)
        assert [row['file'] for row in table] == list('aabbccdd')


def test_a_finished_run_is_not_repeated(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        files.write('a', rows_of('a'))
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        assert files.finished == {'a'} and files.counts['ok'] == 2


def test_rows_of_other_options_are_not_mixed(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True):
        pass
    other = dict(OPTIONS, faces='whole')
    with pytest.raises(UserError, match="faces='detect'.*--overwrite"):
        with ResultFiles(str(tmp_path), CLASSES, other, resume=True):
            pass
    with ResultFiles(str(tmp_path), CLASSES, other, overwrite=True) as files:
        files.write('a', rows_of('a'))
    assert len(read_rows(tmp_path)[0]) == 2


def test_results_of_many_pictures_are_not_replaced_unasked(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        files.write('a', rows_of('a'))
    with pytest.raises(UserError, match='many pictures; give another folder'):
        with ResultFiles(str(tmp_path), CLASSES, OPTIONS):
            pass
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        assert files.finished == {'a'}
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, overwrite=True) as files:
        files.write('b', rows_of('b'))
    assert [row['file'] for row in read_rows(tmp_path)[0]] == ['b', 'b']
    assert not (tmp_path / JOURNAL_FILE).exists()


def test_a_journal_that_names_no_input_is_of_another_folder(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        files.write('a', rows_of('a'))
    later = dict(OPTIONS, input='/photos')
    with pytest.raises(UserError, match="input=None, now '/photos'"):
        ResultFiles(str(tmp_path), CLASSES, later, resume=True).__enter__()


class Killed(Exception):
    """As if the process had ended."""


@pytest.mark.parametrize('calls', range(8))
def test_pictures_that_failed_are_read_again(tmp_path, monkeypatch, calls):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        for name in 'abcd':
            failed = name in 'ac'
            files.write(name,
                        [error_row(name, 'x')] if failed else rows_of(name))
    replace, left = os.replace, iter(range(calls))

    def killed_later(source, target):
        if next(left, None) is None:
            raise Killed
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', killed_later)
        try:
            with ResultFiles(
                    str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
                assert files.finished == {'b', 'd'}
            # Three files are written, and then put in place.
            assert calls >= 6
        except Killed:
            assert calls < 6
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        assert files.finished == {'b', 'd'}
        assert files.counts == dict(ok=4)
        for name in 'ac':
            files.write(name, rows_of(name))
    table, _ = read_rows(tmp_path)
    assert [row['file'] for row in table] == list('bbddaacc')
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        assert files.finished == set('abcd') and files.counts == dict(ok=8)
    assert not list(tmp_path.glob('*.next'))


@pytest.mark.parametrize('text', [
    b'', b'\n', b'null\n', b'{}\n', b'[1]\n', b'{"options": 1}\n',
    b'{"ends": ["x", 1], "options": {}}\n', b'\xff\xfe\n',
    b'{"ends": [99999, 9], "options": {}}\n'
])
def test_a_damaged_journal_begins_anew(tmp_path, text):
    (tmp_path / JOURNAL_FILE).write_bytes(text)
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS, resume=True) as files:
        assert not files.finished
        files.write('a', rows_of('a'))
    assert len(read_rows(tmp_path)[0]) == 2


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    with ResultFiles(str(tmp_path), CLASSES, OPTIONS):
        with pytest.raises(UserError, match='writing to it'):
            with ResultFiles(str(tmp_path), CLASSES, OPTIONS):
                pass


def test_links_are_not_followed(tmp_path):
    victim = tmp_path / 'victim'
    victim.write_text('mine')
    folder = tmp_path / 'out'
    folder.mkdir()
    (folder / CSV_FILE).symlink_to(victim)
    with pytest.raises(UserError, match='link'):
        with ResultFiles(str(folder), CLASSES, OPTIONS):
            pass
    assert victim.read_text() == 'mine'


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / 'out').write_text('')
    with pytest.raises(UserError, match='expected a folder'):
        with ResultFiles(str(tmp_path / 'out'), CLASSES, OPTIONS):
            pass
