"""Real images with wrong expressions, and the change of unpaired sources."""
import pytest
import torch
from host_reads import HostReads
from tiny_fermtl import FEATURES, E, adversarial, make_data, make_model

from mmfermtl.models import StarGANDiscriminator


def record(model):
    """Record the images, expressions and logits of the discriminator."""
    seen = []
    model.discriminator.register_forward_hook(lambda _, args, out: seen.append(
        (*args, out)))
    return seen


def run(model, change=None):
    """Compute the losses of the discriminator, and what it has seen."""
    data = make_data()
    if change is not None:
        change(data['data_samples'])
    data = model.data_preprocessor(data, True)
    torch.manual_seed(0)
    fake = torch.rand(4, 1, 32, 32)
    seen = record(model)
    loss = model(**data, mode='loss_d', fake=fake)['loss_dis']
    return loss, seen, data['targets'].real, fake


def test_real_images_are_rejected_with_the_expression_of_another():
    model, _ = adversarial(matching_aware=True)
    loss, ((images, scores, logits), ), part, fake = run(model)
    # They show 1, 1, 2 and 3: the second would get what it shows.
    assert scores[:4].argmax(1).tolist() == [1, 1, 2, 3]
    assert scores[8:].argmax(1).tolist() == [3, 1, 1, 2]
    assert torch.equal(images[8:], images[:4])
    assert torch.equal(images[4:8], fake)
    real, generated, wrong = logits.split(4)
    counted = wrong[[0, 2, 3]]
    want = ((real - 1).square().mean() +
            (generated.square().mean() + counted.square().mean()) / 2) / 2
    torch.testing.assert_close(loss, want)


def mix(samples):
    samples[1].set_target_score(torch.tensor([0., .25, 0., .75]))
    samples[1].set_metainfo(dict(mixed_target=True))


def test_what_shows_no_expression_neither_gives_nor_gets_a_wrong_one():
    model, _ = adversarial(matching_aware=True)
    loss, ((_, scores, logits), ), part, _ = run(model, mix)
    assert not part.shown()[1].any() and not scores[[1, 10]].any()
    real, generated, wrong = logits.split(4)
    counted = wrong[[0, 3]]  # not the mixture, nor the one behind it
    want = ((real - 1).square().mean() +
            (generated.square().mean() + counted.square().mean()) / 2) / 2
    torch.testing.assert_close(loss, want)


def show_the_same(samples):
    for sample in samples:
        sample.set_gt_label(1).set_target_label(1)


def test_a_batch_of_one_expression_has_no_wrong_one():
    model, _ = adversarial(matching_aware=True)
    loss, ((_, _, logits), ), _, _ = run(model, show_the_same)
    real, generated, _ = logits.split(4)
    want = ((real - 1).square().mean() + generated.square().mean()) / 2
    torch.testing.assert_close(loss, want)


@pytest.mark.parametrize('scales', [1, 2])
def test_one_pass_or_three(scales):
    """With norms over the batch each kind has its own pass."""
    losses = []
    for independent in (True, False):
        model, _ = adversarial(scales=scales, matching_aware=True)
        model.discriminator.independent_images = independent
        loss, seen, _, _ = run(model)
        assert len(seen) == (1 if independent else 3)
        losses.append(loss)
    torch.testing.assert_close(*losses)


def test_every_part_is_trained_and_nothing_is_read_on_the_host():
    model, wrapper = adversarial(
        matching_aware=True,
        loss_change=dict(type='mmfermtl.PixelLoss'),
        discriminator=FEATURES)
    data = model.train().data_preprocessor(make_data(), True)
    with HostReads():
        losses, fake = model(**data, mode='loss_g')
        sum(losses.values()).backward()
        model.discriminator.zero_grad()
        model(**data, mode='loss_d', fake=fake)['loss_dis'].backward()
    for name, parameter in model.discriminator.named_parameters():
        assert (parameter.grad is None) == name.startswith('backbone'), name


def test_parts_that_cannot_be_matching_aware_are_named():
    with pytest.raises(ValueError, match='found AdversarialLoss and StarGAN'):
        adversarial(
            matching_aware=True,
            discriminator=StarGANDiscriminator(E, 32, channels=(4, )))
    loss = dict(type='mmfermtl.GANLossAdapter', loss=torch.nn.Identity())
    with pytest.raises(ValueError, match='found GANLossAdapter and FES'):
        adversarial(matching_aware=True, loss_adv=loss)


def test_change_counts_where_there_is_neither_a_pair_nor_an_identity():
    """Of the samples of a batch: pair, unpaired, identity, no target."""
    model = make_model(loss_change=dict(type='mmfermtl.PixelLoss'))
    data = model.data_preprocessor(make_data(), True)
    losses, fake = model.loss_and_fake(**data)
    torch.testing.assert_close(losses['loss_change'],
                               (fake - data['inputs'])[1].abs().mean())
    losses['loss_change'].backward()
    assert model.network.generator.out_conv.weight.grad.any()
    plain = make_model()
    assert 'loss_change' not in plain(**data, mode='loss')
