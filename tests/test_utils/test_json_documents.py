"""JSON of this project, and of others."""
import json
import os
from typing import Any

import numpy as np
import pytest
import torch

from mmfermtl.utils.json_documents import (MAX_DEPTH, NUMBER, SHA256, equals,
                                           find_misfit, format_rows, plain,
                                           read_json, write_json)

SHAPE = {
    'format': equals('x-1'),
    'rows': [{
        'name': str,
        'score?': (*NUMBER, None)
    }],
    'more?': {
        str: int
    }
}


@pytest.mark.parametrize('content, words', [
    (b'', 'cannot be read as JSON'),
    (b'\xff\xfe{\x00}\x00', "can't decode byte 0xff"),
    (b'{"a": "\xe9"}', "can't decode byte 0xe9"),
    (b'\xef\xbb\xbf{}', 'BOM'),
    (b'{"a": 1, "a": 2}', "the key 'a' is there twice"),
    (b'{"a": NaN}', 'nan is no finite number'),
    (b'{"a": -Infinity}', '-inf is no finite number'),
    (b'{"a": 1e999}', 'inf is no finite number'),
    (b'[' + b'9' * 100000 + b']', 'Exceeds the limit'),
    (b'[9223372036854775808]', 'number 9223372036854775808 is out of range'),
    (b'[1' + b'0' * 400 + b']', '000 is out of range'),
    (rb'{"a": "\ud800"}', 'surrogates not allowed'),
    (b'[' * 100000, f'nested deeper than {MAX_DEPTH} levels'),
    (b'[' * 100 + b']' * 100, f'nested deeper than {MAX_DEPTH} levels'),
    (b'{"a":' * 100 + b'1' + b'}' * 100, 'nested deeper'),
    (b'"a"', "found 'a', expected an object"),
    (b'[]', r'found \[\], expected an object'),
    (b'{}', 'lacks format'),
    (b'{"format": 1}', "found format 1, expected 'x-1'"),
    (b'{"format": "x-1", "rows": {}}', 'found rows {}, expected a list'),
    (b'{"format": "x-1", "rows": [1]}',
     r'found rows\[0\] 1, expected an object'),
    (b'{"format": "x-1", "rows": [{}]}', r'lacks rows\[0\].name'),
    (b'{"format": "x-1", "rows": [{"name": null}]}',
     r'found rows\[0\].name None, expected a string'),
    (b'{"format": "x-1", "rows": [{"name": "", "score": true}]}',
     r'score True, expected a whole number or a number or null'),
    (b'{"format": "x-1", "rows": [], "more": {"b": 1.5}}',
     'found more.b 1.5, expected a whole number'),
])
def test_refused_by_name(tmp_path, content, words):
    path = tmp_path / 'rows.json'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as info:
        read_json(str(path), SHAPE, 'make it again')
    assert str(info.value).startswith(f'{path}: ')
    assert str(info.value).endswith('; make it again')
    assert len(str(info.value)) < 300 + len(str(path))


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match='No such file'):
        read_json(str(tmp_path / 'rows.json'), SHAPE)


def test_what_fits(tmp_path):
    path = tmp_path / 'rows.json'
    path.write_text('{"format": "x-1", "rows": [{"name": "é", "score": 1},'
                    '{"name": "", "score": null, "other": []}]}')
    assert read_json(str(path), SHAPE)['rows'][0] == dict(name='é', score=1)


@pytest.mark.parametrize('value, shape, misfit', [
    (True, bool, None),
    (True, int, 'found True, expected a whole number'),
    (2, NUMBER, None),
    ('a' * 64, SHA256, None),
    ('A' * 64, SHA256, 'hexadecimal'),
    (None, ([int], None), None),
    (['a'], ([int], None), r"found [0] 'a', expected a whole number"),
    ([[], {}], Any, None),
])
def test_shapes(value, shape, misfit):
    found = find_misfit(value, shape)
    assert found is None if misfit is None else misfit in found


def test_json_has_plain_finite_values(tmp_path):
    path = tmp_path / 'a.json'
    write_json(
        str(path), {
            1: float('nan'),
            'a': np.float32(0.5),
            'b': (torch.tensor([1., float('inf')]), np.arange(2))
        })
    assert json.loads(path.read_text()) == {
        '1': None,
        'a': 0.5,
        'b': [[1., None], [0, 1]]
    }
    with pytest.raises(TypeError):
        write_json(str(path), object())
    assert os.listdir(tmp_path) == ['a.json']
    assert plain(True) is True


def test_rows_have_a_line_each():
    text = format_rows(dict(rows=[dict(b=1, a=2), {}], name='x'), 'rows')
    assert text == b'{"name": "x", "rows": [\n{"a": 2, "b": 1},\n{}\n]}\n'
    assert json.loads(text)['rows'][0] == dict(a=2, b=1)
