"""Metrics of several processes equal those of one."""
import json

import pytest
import torch
from rank_metrics import NUM_SAMPLES, evaluate_rank, evaluate_share
from toy_runs import free_port


def test_padded_shares_count_once(tmp_path):
    """All ranks have equally many samples, so some of them occur twice."""
    pytest.importorskip('torchmetrics')
    world_size = 3
    assert NUM_SAMPLES % world_size
    path = tmp_path / 'metrics.json'
    torch.multiprocessing.start_processes(
        evaluate_rank,
        args=(world_size, free_port(), str(path)),
        nprocs=world_size,
        start_method='spawn')
    found = json.loads(path.read_text())
    single = evaluate_share()
    assert len(single) > 30 and found.keys() == single.keys()
    for key, value in single.items():
        assert found[key] == value, key
