"""Two processes on a CPU stay one model."""
import os
import os.path as osp
import subprocess
import sys

import pytest
import torch
from mmengine.config import Config
from narrow import shrink
from replica_hook import checksum
from toy_runs import free_port, read_json

from mmfermtl.registry import MODELS

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))


def run_tool(cwd, *command):
    """Start a tool of the repository as users do, one thread a process."""
    env = dict(
        os.environ,
        PORT=free_port(),
        OMP_NUM_THREADS='1',
        PATH=osp.dirname(sys.executable) + os.pathsep + os.environ['PATH'],
        PYTHONPATH=osp.join(ROOT, 'tests'))
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True)


def train(config, cwd):
    """Train with one process."""
    return run_tool(cwd, sys.executable, osp.join(ROOT, 'tools', 'train.py'),
                    config)


def dist_train(config, cwd, *options):
    """Train with two processes by the script that users call."""
    return run_tool(cwd, 'bash', osp.join(ROOT, 'tools', 'dist_train.sh'),
                    config, '2', *options)


DWA = dict(loss_balance=dict(type='mmfermtl.DynamicWeightAverage'))
SCALES = dict(discriminator=dict(scales=2, channels=(4, 4, 4)))
# A frozen backbone, and draws of the discriminator itself.
FEATURES = dict(
    discriminator=dict(
        _delete_=True,
        type='mmfermtl.FeatureDiscriminator',
        num_classes=7,
        backbone=dict(
            type='mmfermtl.ConvFLUBackbone',
            branches='fer',
            out_indices=(0, 1, 2)),
        channels=4,
        augment=dict(type='mmfermtl.DifferentiableAugment')))


@pytest.mark.parametrize('name, wrapper, options', [
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', {}),
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', DWA),
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', SCALES),
    ('fermtl_synthetic.py', 'AdversarialDistributedDataParallel', FEATURES),
    ('stargan_synthetic.py', 'AdversarialDistributedDataParallel', {}),
    ('fer_synthetic.py', 'MMDistributedDataParallel', {}),
])
def test_replicas_stay_equal(name, wrapper, options, tmp_path):
    """Weights and buffers of both ranks are equal after training, and the
    checkpoint loads strictly into one process with the same sum."""
    # From the third epoch on the average of the ranks' losses counts.
    epochs = 3 if options is DWA else 2
    cfg = shrink(name, tmp_path / 'run', '', images=9, epochs=epochs)
    cfg.merge_from_dict(dict(model=options))
    cfg.train_dataloader.batch_size = 2
    cfg.custom_imports = dict(
        imports=['replica_hook'], allow_failed_imports=False)
    cfg.custom_hooks = cfg.custom_hooks + [dict(type='ReplicaHook')]
    path = str(tmp_path / name)
    cfg.dump(path)
    done = dist_train(path, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    found = read_json(tmp_path, 'run', 'checksums.json')
    assert found['wrapper'] == wrapper
    assert len(found['sums']) == 2 and found['sums'][0] == found['sums'][1]
    state = torch.load(
        tmp_path / 'run' / f'epoch_{epochs}.pth',
        weights_only=False)['state_dict']
    model = MODELS.build(cfg.model)
    model.load_state_dict(state, strict=True)
    assert float(checksum(model)) == pytest.approx(found['sums'][0], rel=1e-9)


def comparable(name, tmp_path, batch_size, optimizer, double):
    """A config whose losses do not depend on how a batch is divided.

    Batch norms use the images of their rank only, dropout draws by rank, and
    means over the samples with a paired image are not the mean of the ranks'.
    """
    cfg = shrink(name, tmp_path / f'run_{batch_size}', '', 16, epochs=5)
    text = cfg.pretty_text.replace("type='BN'", "type='GN', num_groups=2")
    cfg = Config.fromstring(text, '.py')
    network = cfg.model.network
    network.backbone.update(
        fer_norm=dict(type='GN', num_groups=2),
        fes_norm=dict(type='GN', num_groups=2))
    network.head.dropout = 0.
    network.head.norm_cfg = dict(type='GN', num_groups=2)
    if optimizer is not None:
        for part in ('network', 'discriminator'):
            cfg.optim_wrapper[part].optimizer = optimizer
    cfg.train_dataloader.batch_size = batch_size
    cfg.train_cfg.val_interval = 5
    cfg.train_dataloader.dataset.pairs = network.generator is not None
    imports = ['replica_hook'] + double * ['double_precision']
    cfg.custom_imports = dict(imports=imports, allow_failed_imports=False)
    cfg.custom_hooks = cfg.custom_hooks + [dict(type='MeanLossHook')]
    cfg.work_dir = str(tmp_path / f'run_{batch_size}')
    path = str(tmp_path / f'of_{batch_size}_{name}')
    cfg.dump(path)
    return path


def losses_of_one_and_two(name, tmp_path, optimizer=None, double=False):
    """20 steps of 4 images, by one process and by two."""
    found = []
    for batch_size, start in ((4, train), (2, dist_train)):
        path = comparable(name, tmp_path, batch_size, optimizer, double)
        done = start(path, tmp_path)
        assert done.returncode == 0, done.stderr[-3000:]
        found.append(read_json(tmp_path, f'run_{batch_size}', 'losses.json'))
    assert len(found[0]) == len(found[1]) == 20
    return found


# AdamW does not mind a factor of the gradients, SGD does.
SGD = dict(type='SGD', lr=0.05, momentum=0.9)


@pytest.mark.parametrize('name, optimizer', [('fermtl_synthetic.py', None),
                                             ('fermtl_synthetic.py', SGD),
                                             ('fer_synthetic.py', None)])
def test_the_same_global_batch_gives_the_same_losses(name, optimizer,
                                                     tmp_path):
    """All steps, but for what the losses round to float32."""
    first, second = losses_of_one_and_two(name, tmp_path, optimizer, True)
    assert second == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize('name, steps, bound', [
    ('fermtl_synthetic.py', 5, 1e-5),
    ('fer_synthetic.py', 10, 1e-4),
])
def test_the_same_global_batch_in_single_precision(name, steps, bound,
                                                   tmp_path):
    """At the beginning; then rounding turns kinks, on each CPU others."""
    first, second = losses_of_one_and_two(name, tmp_path)
    assert second[:steps] == pytest.approx(first[:steps], rel=bound)
    assert second == pytest.approx(first, rel=1e-2)


def test_a_killed_rank_ends_the_run_and_resume_goes_on(tmp_path):
    """The others end with it, and the result is that of an unbroken run."""
    sums = []
    for place, iteration in (('broken', 5), ('whole', 10**6)):
        folder = tmp_path / place
        folder.mkdir()
        cfg = shrink(
            'fermtl_synthetic.py', folder / 'run', '', images=8, epochs=4)
        cfg.train_dataloader.batch_size = 2
        cfg.custom_imports = dict(
            imports=['replica_hook'], allow_failed_imports=False)
        cfg.custom_hooks = cfg.custom_hooks + [
            dict(type='ReplicaHook'),
            dict(
                type='KillRankHook',
                mark=str(folder / 'killed'),
                rank=1,
                iteration=iteration)
        ]
        path = str(folder / 'config.py')
        cfg.dump(path)
        done = dist_train(path, folder)
        if place == 'broken':
            assert done.returncode != 0 and osp.exists(folder / 'killed')
            assert 'Signal 9' in done.stderr
            assert 'with --resume' in done.stderr.splitlines()[-1]
            assert not osp.exists(folder / 'run' / 'checksums.json')
            done = dist_train(path, folder, '--resume')
        assert done.returncode == 0, done.stderr[-3000:]
        sums.append(read_json(folder, 'run', 'checksums.json')['sums'])
    assert sums[0] == sums[1]
