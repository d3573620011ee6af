"""Checksums of shipped weights, and what networks must compute."""
import hashlib
import json
import math
import os.path as osp
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from mmfermtl.cli.checks import weights
from mmfermtl.cli.checks.self_test import (record_path, record_self_test,
                                           run_self_tests)
from mmfermtl.cli.checks.weights import (check_weights, find_metafiles,
                                         list_shipped, read_hashes)
from mmfermtl.inference import backend
from mmfermtl.utils.safe_loading import published_checkpoint

CLASSES = ['neutral', 'happiness', 'anger']
METAFILE = """
Models:
  - Name: first
    Weights: mmfermtl/weights/first.safetensors
    Metadata:
      SHA256: {}
  - Name: without-weights
    Config: configs/x.py
  - Metadata:
      SHA256: "{}"  # of the file
    Weights: second.safetensors
    Name: second
"""


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def write_export(folder, content=b'network'):
    """Write the folder of an exported model."""
    folder.mkdir()
    (folder / 'recogniser.onnx').write_bytes(content)
    file = dict(path='recogniser.onnx', sha256=sha256(b'network'), bytes=7)
    (folder / 'model.json').write_text(
        json.dumps(dict(files=dict(recogniser=file))))


class FakeNetwork:
    """Probabilities that depend on the mean of the face."""

    classes = CLASSES
    image_size = (48, 48)

    def __init__(self, shift=0.):
        self.shift = shift

    def predict(self, faces):
        assert faces.shape == (1, 48, 48) and faces.dtype == np.uint8
        happy = faces.mean() / 50 + self.shift
        return np.array([[0., happy, -1.]], np.float32)


def test_places_and_names_are_those_of_the_readers():
    assert published_checkpoint.FOLDER == weights.FOLDER
    assert published_checkpoint.SUFFIX == weights.SUFFIX
    assert backend.EXPORT_FILE == weights.EXPORT_FILE


def test_no_weights(tmp_path):
    check, = check_weights(str(tmp_path))
    assert check.status == 'note' and 'none in' in check.found
    check, = run_self_tests(str(tmp_path))
    assert check.status == 'note' and 'no weights' in check.found


def test_hashes_of_metafiles(tmp_path):
    path = tmp_path / 'metafile.yml'
    path.write_text(METAFILE.format('a' * 64, 'B' * 64))
    assert read_hashes([str(path)]) == {
        'first.safetensors': 'a' * 64,
        'second.safetensors': 'b' * 64
    }


def test_metafiles_of_the_package_are_read_as_yaml_reads_them():
    files = find_metafiles()
    assert any('tiny' in path for path in files)
    wanted = {}
    for path in files:
        with open(path, encoding='utf-8') as file:
            content = yaml.safe_load(file)
        for model in content.get('Models', []):
            found = model.get('SHA256') or model.get('Metadata',
                                                     {}).get('SHA256')
            if found and 'Weights' in model:
                wanted[osp.basename(model['Weights'])] = found
    assert read_hashes(files) == wanted


@pytest.mark.parametrize('recorded, status, words', [
    (sha256(b'first'), 'ok', 'as in the metafile'),
    (sha256(b'other'), 'problem', f'expected {sha256(b"other")}'),
    (None, 'note', 'no metafile records'),
])
def test_checksum_of_a_file(tmp_path, recorded, status, words):
    (tmp_path / 'first.safetensors').write_bytes(b'first')
    metafile = tmp_path / 'metafile.yml'
    metafile.write_text(METAFILE.format(recorded, 'b') if recorded else '')
    check, = check_weights(str(tmp_path), [str(metafile)])
    assert check.status == status and words in check.found
    assert bool(check.fix) == (status == 'problem')


def test_checksums_of_an_exported_model(tmp_path):
    write_export(tmp_path / 'good')
    write_export(tmp_path / 'changed', b'another')
    write_export(tmp_path / 'outside')
    (tmp_path / 'outside' / 'model.json').write_text(
        json.dumps(
            dict(files=dict(x=dict(path='../../secret', sha256='0' * 64)))))
    (tmp_path / 'other').mkdir()
    changed, good, outside = check_weights(str(tmp_path), [])
    assert (good.status, good.name) == ('ok', 'good')
    assert changed.status == 'problem' and sha256(b'another') in changed.found
    assert outside.status == 'problem' and "without '..'" in outside.found


def test_self_test(tmp_path):
    path = tmp_path / 'tiny.safetensors'
    path.write_bytes(b'')
    check, = run_self_tests(str(tmp_path))
    assert check.status == 'note' and 'tiny.selftest.json' in check.found
    record = record_self_test(str(path), 0.01, lambda path: FakeNetwork())
    assert math.isclose(sum(record['probabilities']), 1, abs_tol=1e-5)
    assert record_path(str(path)) == str(tmp_path / 'tiny.selftest.json')
    assert list_shipped(str(tmp_path)) == [str(path)]

    def status(network):
        return run_self_tests(str(tmp_path), lambda path: network)[0]

    check = status(FakeNetwork())
    assert check.status == 'ok' and check.found.startswith('happiness 0.')
    assert status(FakeNetwork(.01)).status == 'ok'
    check = status(FakeNetwork(.5))
    assert check.status == 'problem' and 'expected 0.01' in check.found
    assert status(FakeNetwork(float('nan'))).status == 'problem'
    other = FakeNetwork()
    other.classes = CLASSES[::-1]
    check = status(other)
    assert check.status == 'problem' and 'expected neutral' in check.found


def test_self_test_that_cannot_run(tmp_path, monkeypatch):
    path = tmp_path / 'tiny.safetensors'
    path.write_bytes(b'damaged')
    record_self_test(str(path), load=lambda path: FakeNetwork())
    check, = run_self_tests(str(tmp_path))
    assert check.status == 'problem'
    assert 'damaged or no safetensors' in check.found
    monkeypatch.setattr('mmfermtl.cli.checks.self_test.missing_modules',
                        lambda: ['torch', 'mmcv'])
    check, = run_self_tests(str(tmp_path))
    assert (check.status,
            check.found) == ('note', 'not run: torch, mmcv not installed')
    monkeypatch.undo()
    (tmp_path / 'tiny.selftest.json').write_text('{}')
    check, = run_self_tests(str(tmp_path), lambda path: SimpleNamespace())
    assert check.status == 'problem' and 'lacks format' in check.found
