import json
import os

import numpy as np
import pytest
import torch

from mmfermtl.engine.run_history import RunHistory, plain, write_json


def test_json_holds_plain_finite_values(tmp_path):
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


def test_history_starts_a_row_with_the_time_so_far():
    history = RunHistory('a.json', [dict(epoch=3, seconds=5.)])
    assert history.row(3)['seconds'] == 5
    assert history.row(4)['seconds'] == 5
    assert [row['epoch'] for row in history.rows] == [3, 4]
