"""Metrics are those of one process, also where the ranks' shares differ."""
import json

import pytest
import torch
from rank_metrics import NUM_SAMPLES, evaluate_rank, evaluate_share
from toy_runs import free_port


def test_padded_shares_count_once(tmp_path):
    """Each rank sees as many samples as the others, some of them twice."""
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
    alone = evaluate_share()
    assert len(alone) > 30 and found.keys() == alone.keys()
    for key, value in alone.items():
        assert found[key] == value, key
