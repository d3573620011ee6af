"""Processes of a launcher share the pictures, and the last joins the rows."""
import csv

import pytest
from fake_faces import CLASSES, fake_reader, picture

from mmfermtl.inference.picture_parts import Part, launched_part
from mmfermtl.inference.picture_prediction import predict_pictures
from mmfermtl.inference.picture_sources import list_pictures
from mmfermtl.inference.reader_options import ReaderOptions
from mmfermtl.inference.result_files import (CSV_FILE, JOURNAL_FILE,
                                             JSONL_FILE, ResultFiles)
from mmfermtl.inference.result_rows import error_row
from mmfermtl.utils.errors import UserError


class Silent:
    """Shows nothing."""

    def __init__(self, *args, completed=0):
        pass

    def advance(self, steps=1):
        pass

    def close(self):
        pass


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'SLURM_PROCID',
                 'SLURM_NTASKS', 'SLURM_STEP_NUM_TASKS', 'SLURM_LOCALID'):
        monkeypatch.delenv(name, raising=False)


def test_the_last_process_joins_the_rows(tmp_path):
    images = [picture((10, 20, 60, 40 * i)) for i in range(3, 7)]
    pictures = list_pictures([*images, picture()])
    out, joined = str(tmp_path), []
    for rank in range(3):
        part = Part(rank, 3, 0)
        with ResultFiles(part.folder(out), CLASSES, {}, resume=True) as files:
            predict_pictures(
                part.choose(pictures),
                ReaderOptions(),
                files,
                draw=False,
                reader=fake_reader(),
                progress=Silent)
        joined.append(part.merge(out, pictures))
    assert joined == [False, False, True]
    with open(tmp_path / CSV_FILE, encoding='utf-8', newline='') as file:
        names = sorted(row['file'] for row in csv.DictReader(file))
    assert names == [f'array {i}' for i in range(5)]
    assert len((tmp_path / JSONL_FILE).read_text().splitlines()) == 5
    # A single process finds everything finished, and adds to it.
    before = (tmp_path / CSV_FILE).read_bytes()
    with ResultFiles(out, CLASSES, {}, resume=True) as files:
        assert files.finished == {f'array {i}' for i in range(5)}
        assert (tmp_path / CSV_FILE).read_bytes() == before
        predict_pictures(
            list_pictures([*images, picture(), picture()]),
            ReaderOptions(),
            files,
            draw=False,
            reader=fake_reader(),
            progress=Silent)
    assert (tmp_path / CSV_FILE).read_bytes().startswith(before)
    with pytest.raises(UserError, match='holds the results of a run over'):
        ResultFiles(out, CLASSES, {}).__enter__()


def test_joined_rows_have_a_journal_of_their_own(tmp_path):
    """Nor need all of many processes have begun for few pictures."""
    out = str(tmp_path)
    with ResultFiles(out, CLASSES, {}, resume=True) as files:
        files.write('old', [error_row('old', 'x' * 999)])
    pictures = list_pictures([picture((10, 20, 60, 90))])
    part = Part(0, 3, 0)
    with ResultFiles(part.folder(out), CLASSES, {}, resume=True) as files:
        files.write('array 0', [error_row('array 0', 'x')])
    assert part.merge(out, pictures)
    assert '"old"' not in (tmp_path / JOURNAL_FILE).read_text()
    with open(tmp_path / CSV_FILE, encoding='utf-8', newline='') as file:
        assert [row['file'] for row in csv.DictReader(file)] == ['array 0']


@pytest.mark.parametrize(
    'variables, wanted',
    [
        ({}, None),
        (dict(RANK='0', WORLD_SIZE='1'), None),
        (dict(RANK='2', WORLD_SIZE='4', LOCAL_RANK='1'), (2, 4, 1)),
        (dict(
            SLURM_PROCID='3',
            SLURM_NTASKS='4',
            SLURM_STEP_NUM_TASKS='4',
            SLURM_LOCALID='1'), (3, 4, 1)),
        # A batch script without srun is one process, whatever was asked for.
        (dict(SLURM_PROCID='0', SLURM_NTASKS='4', SLURM_LOCALID='0'), None),
    ])
def test_launchers(variables, wanted, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert launched_part() == wanted


@pytest.mark.parametrize('rank, count', [('4', '4'), ('-1', '2'), ('x', '2'),
                                         ('0', 'y')])
def test_wrong_variables_are_refused(rank, count, monkeypatch):
    monkeypatch.setenv('RANK', rank)
    monkeypatch.setenv('WORLD_SIZE', count)
    with pytest.raises(UserError, match=f'RANK={rank}'):
        launched_part()
