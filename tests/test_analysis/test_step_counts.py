"""What a training step asks of a machine must not grow unnoticed.

The counts depend on the code and on the versions of the packages, not on the
machine. Where a change needs more of them, say in its commit why, and set the
new numbers here and in docs/advanced/performance.md.
"""
import pytest
import torch
from narrow import load_leaf, narrow_model
from tiny_fermtl import adversarial, make_data

from mmfermtl.analysis.speed.step_counts import OperationCounter, count_step
from mmfermtl.analysis.speed.step_speed import measure_counts

#: Config: most operations, most kernels, million MACs and bytes of a batch of
#: two images, the last two exactly.
COUNTS = dict(
    fer_ckplus48=(205, 130, 735.226, 4624),
    fermtl_ckplus48=(1290, 800, 2699.643, 9248),
    fermtl_no_sharing_ckplus48=(1200, 750, None, 9248))


@pytest.mark.parametrize('name', list(COUNTS))
def test_counts_of_a_step(name):
    cfg = load_leaf(f'{name}.py')
    cfg.train_dataloader.batch_size = 2
    found = measure_counts(cfg)
    operations, kernels, mmacs, batch_bytes = COUNTS[name]
    assert found.synchronizations == 0
    assert found.operations <= operations and found.kernels <= kernels
    if mmacs is not None:
        assert found.mmacs == pytest.approx(mmacs, abs=.001)
    assert found.batch_bytes == batch_bytes


# Wide presets at tiny width: their counts are those of any width.
@pytest.mark.parametrize('name,operations,kernels',
                         [('fermtl_r21_ckplus48.py', 2990, 1770),
                          ('fermtl_fersnet_ckplus48.py', 2210, 1440),
                          ('fermtl_fersnet_figure_ckplus48.py', 2240, 1340)])
def test_counts_of_wide_presets(name, operations, kernels):
    cfg = load_leaf(name)
    narrow_model(cfg)
    cfg.train_dataloader.batch_size = 2
    found = measure_counts(cfg)
    assert found.synchronizations == 0
    assert found.operations <= operations and found.kernels <= kernels


def test_counts_do_not_depend_on_the_batch():
    """No operation for each sample, but views of its fields."""
    found = []
    for size in (4, 8):
        model, wrapper = adversarial()
        model.train()
        data = make_data(size)
        for k, sample in enumerate(data['data_samples']):
            sample.set_target_label((k + 1) % 4)
            sample.set_field(data['inputs'][k], 'gt_img')
        found.append(count_step(model, wrapper, data))
    assert found[0].operations == found[1].operations
    assert found[0].kernels == found[1].kernels
    assert 2 * found[0].batch_bytes == found[1].batch_bytes


def test_what_counts():
    x = torch.ones(3)
    with OperationCounter() as counter:
        (x.view(3, 1) + 1).sum().item()
        torch.empty(2)
    assert sum(counter.calls.values()) == 5
    assert counter.kernels == 2
    assert counter.calls['_local_scalar_dense'] == 1
