"""Batch augmentations of mmpretrain with targets and paired images."""
import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from mmengine.registry import init_default_scope
from tiny_fermtl import ALL_LOSSES, E, adversarial, make_data, make_model

from mmfermtl.models import ExpressionDataPreprocessor
from mmfermtl.models.multitask.batch_targets import BatchTargets
from mmfermtl.structures import to_network_range

MIXUP = dict(augments=dict(type='Mixup', alpha=1.))
CUTMIX = dict(augments=dict(type='CutMix', alpha=1.))


def build(**kwargs):
    init_default_scope('mmpretrain')
    return ExpressionDataPreprocessor(num_classes=E, **kwargs)


def mix(augments, monkeypatch, weight=0.25, order=(2, 3, 0, 1)):
    """A batch mixed by known draws, and the same before."""
    monkeypatch.setattr(np.random, 'beta', lambda a, b: weight)
    monkeypatch.setattr(torch, 'randperm', lambda n: torch.tensor(order))
    before = make_data()
    return before, build(batch_augments=augments)(make_data(), training=True)


def test_mixup_mixes_all_fields_of_a_sample(monkeypatch):
    before, after = mix(MIXUP, monkeypatch)
    x = to_network_range(torch.stack(before['inputs']))
    torch.testing.assert_close(after['inputs'],
                               .25 * x + .75 * x[[2, 3, 0, 1]])
    first, second = after['data_samples'][:2]
    assert first.gt_score.tolist() == [.25, 0, .75, 0]
    assert first.target_score.tolist() == [0, .25, .75, 0]
    real = [before['data_samples'][i].gt_img.float() for i in (0, 2)]
    torch.testing.assert_close(
        first.gt_img, .25 * real[0] + .75 * real[1], atol=1e-3, rtol=0)
    # The second has no paired image, the fourth is its own target.
    assert 'gt_img' not in second
    assert second.target_score.tolist() == [0, 0, 0, 1]


def test_cutmix_cuts_the_same_box_of_source_and_target_image(monkeypatch):
    np.random.seed(3)
    before, after = mix(CUTMIX, monkeypatch, weight=0.6)
    x = to_network_range(torch.stack(before['inputs']))
    box = ((after['inputs'][0] - x[0]).abs() > 1e-4)[0]
    # Pixels in the box may be equal by chance.
    box = box.any(dim=1)[:, None] & box.any(dim=0)
    share = float(box.float().mean())
    assert 0 < share < 1
    first = after['data_samples'][0]
    real = [before['data_samples'][i].gt_img[0].float() for i in (0, 2)]
    torch.testing.assert_close(
        first.gt_img[0], torch.where(box, real[1], real[0]), atol=1e-3, rtol=0)
    assert float(first.gt_score[2]) == pytest.approx(share, abs=0.01)


def test_nothing_is_mixed_where_nothing_is_trained():
    plain = build()(make_data(), training=True)
    tested = build(batch_augments=MIXUP)(make_data(), training=False)
    for data in (plain, tested):
        wanted = to_network_range(torch.stack(make_data()['inputs']))
        torch.testing.assert_close(data['inputs'], wanted)
        assert 'gt_score' not in data['data_samples'][0]


def remove_targets(data):
    for sample in data['data_samples']:
        for key in ('target_label', 'gt_img'):
            if key in sample:
                delattr(sample, key)
    return data


def test_batches_without_targets_are_mixed_too():
    data = remove_targets(make_data())
    after = build(batch_augments=MIXUP)(data, training=True)
    assert after['inputs'].shape == (4, 1, 32, 32)
    assert 'target_score' not in after['data_samples'][0]


@pytest.mark.parametrize('augments', [MIXUP, CUTMIX])
def test_models_train_on_mixed_images(augments):
    torch.manual_seed(0)
    cfg = dict(
        type='mmfermtl.ExpressionDataPreprocessor',
        num_classes=E,
        batch_augments=augments)
    model = make_model(data_preprocessor=cfg, **ALL_LOSSES)
    data = model.data_preprocessor(make_data(), training=True)
    losses = model(**data, mode='loss')
    sum(losses.values()).backward()
    assert all(torch.isfinite(v) for v in losses.values())
    model, wrapper = adversarial(data_preprocessor=cfg)
    logs = model.train_step(make_data(), wrapper)
    assert torch.isfinite(logs['loss']) and torch.isfinite(logs['loss_dis'])


def test_mixed_identity_targets_count_as_such(monkeypatch):
    data = make_data()
    for sample in data['data_samples']:
        sample.set_target_label(sample.gt_label)
        if 'gt_img' in sample:
            del sample.gt_img
    after = build(batch_augments=MIXUP)(data, training=True)
    model = make_model(**ALL_LOSSES)
    losses = model(**after, mode='loss')
    assert losses['loss_identity'] > 0 and losses['loss_rec'] == 0


@pytest.mark.parametrize('synthesis', [True, False])
def test_a_share_of_a_generated_image_makes_a_generated_one(
        monkeypatch, synthesis):
    monkeypatch.setattr(np.random, 'beta', lambda a, b: 0.75)
    monkeypatch.setattr(torch, 'randperm',
                        lambda n: torch.tensor([1, 0, 2, 3]))
    data = make_data()
    for sample in data['data_samples'][1:3]:
        sample.set_field(True, 'generated', field_type='metainfo')
    if not synthesis:
        remove_targets(data)
    after = build(batch_augments=MIXUP)(data, training=True)
    targets = BatchTargets.read(after['data_samples'], E)
    # The first is one of the second by a quarter, the fourth by no part.
    assert targets.real.rows.tolist() == [3]
    assert targets.generated.rows.tolist() == [0, 1, 2]
    # The batch itself is left as it was.
    assert not data['data_samples'][0].get('generated')


@pytest.mark.parametrize('collate', [pseudo_collate, default_collate])
def test_the_batch_of_the_loader_is_left_complete(collate):
    """Hooks read it after the training step."""
    data = make_data()
    items = [
        dict(inputs=image, data_samples=sample)
        for image, sample in zip(data['inputs'], data['data_samples'])
    ]
    batch = collate(items)
    model = make_model(**ALL_LOSSES)
    for _ in range(2):
        model.data_preprocessor(batch, training=True)
    assert len(batch['data_samples']) == len(batch['inputs']) == 4


def test_images_without_a_label_are_refused():
    data = make_data()
    data['data_samples'][1].set_gt_label(-1)
    with pytest.raises(ValueError, match='neutral_frames=0'):
        build(batch_augments=MIXUP)(data, training=True)
