"""Two processes on a CPU stay one model."""
import json
import os
import os.path as osp
import subprocess
import sys

import pytest
import torch
from narrow import shrink
from replica_hook import checksum
from toy_runs import free_port

from mmfermtl.registry import MODELS

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))

DWA = dict(type='mmfermtl.DynamicWeightAverage')


@pytest.mark.parametrize('name, wrapper, balance', [
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', None),
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', DWA),
    ('fer_synthetic.py', 'MMDistributedDataParallel', None),
])
def test_replicas_stay_equal(name, wrapper, balance, tmp_path):
    """Weights and buffers of both ranks are equal after training, and the
    checkpoint loads strictly into one process with the same sum."""
    # From the third epoch on the average of the ranks' losses counts.
    epochs = 3 if balance else 2
    cfg = shrink(name, tmp_path / 'run', '', images=9, epochs=epochs)
    cfg.model.loss_balance = balance
    cfg.train_dataloader.batch_size = 2
    cfg.custom_imports = dict(
        imports=['replica_hook'], allow_failed_imports=False)
    cfg.custom_hooks = cfg.custom_hooks + [dict(type='ReplicaHook')]
    path = str(tmp_path / name)
    cfg.dump(path)
    env = dict(
        os.environ,
        PORT=free_port(),
        OMP_NUM_THREADS='1',
        PATH=osp.dirname(sys.executable) + os.pathsep + os.environ['PATH'],
        PYTHONPATH=osp.join(ROOT, 'tests'))
    done = subprocess.run(
        ['bash', osp.join(ROOT, 'tools', 'dist_train.sh'), path, '2'],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with open(tmp_path / 'run' / 'checksums.json') as file:
        found = json.load(file)
    assert found['wrapper'] == wrapper
    assert len(found['sums']) == 2 and found['sums'][0] == found['sums'][1]
    state = torch.load(
        tmp_path / 'run' / f'epoch_{epochs}.pth',
        weights_only=False)['state_dict']
    model = MODELS.build(cfg.model)
    model.load_state_dict(state, strict=True)
    assert float(checksum(model)) == pytest.approx(found['sums'][0], rel=1e-9)
