"""The adapters, with parts that have the interface of mmagic.

With mmagic itself they are tested in test_configs/test_mixing_mmagic.py.
"""
import pytest
import torch
import torch.nn.functional as F
from tiny_fermtl import NETWORK, E, make_data, make_model
from torch import nn

from mmfermtl.evaluation import GeneratedImageMetric
from mmfermtl.models import (AdversarialLoss, ConditionalDiscriminator,
                             FESDiscriminator, GANLossAdapter, ImagePairLoss,
                             TranslationDataPreprocessor,
                             TranslationDiscriminator, TranslationGenerator)
from mmfermtl.models.adapters.label_planes import join_label, split_label
from mmfermtl.registry import MODELS


class GANLoss(nn.Module):
    """Least squares, with the arguments of mmagic."""

    def forward(self, pred, target_is_real, is_disc=False):
        loss = (pred - float(target_is_real)).square().mean()
        return loss if is_disc else 0.3 * loss


@pytest.mark.parametrize('scales', [False, True])
def test_gan_loss_equals_ours(scales):
    real, fake = torch.randn(2, 4, 1, 3, 3)
    if scales:
        real, fake = ((one, torch.randn(4, 1, 2, 2)) for one in (real, fake))
    ours, theirs = AdversarialLoss('lsgan', 0.3), GANLossAdapter(GANLoss())
    torch.testing.assert_close(theirs(fake), ours(fake))
    torch.testing.assert_close(
        theirs.discriminator_loss(real, fake),
        ours.discriminator_loss(real, fake))


@pytest.mark.parametrize(
    'kind', ['ExpressionDataPreprocessor', 'TranslationDataPreprocessor'])
@pytest.mark.parametrize('option', ['bgr_to_rgb', 'rgb_to_bgr'])
def test_what_the_paired_image_would_not_go_through(kind, option):
    cfg = dict(type=f'mmfermtl.{kind}', num_classes=E)
    MODELS.build(dict(cfg, **{option: False}))
    with pytest.raises(ValueError, match=f'{option}=True would .*ApplyToPair'):
        MODELS.build(dict(cfg, **{option: True}))


def test_a_loss_without_adapter_is_explained():
    with pytest.raises(ValueError, match='GANLossAdapter'):
        make_model(
            'AdversarialFERMTL',
            discriminator=FESDiscriminator(E),
            loss_adv=GANLoss())


def test_label_planes_are_inverse():
    img, score = torch.randn(2, 3, 8, 8), torch.rand(2, E)
    joined = join_label(img, score)
    assert joined.shape == (2, 3 + E, 8, 8)
    for a, b in zip(split_label(joined, E), (img, score)):
        torch.testing.assert_close(a, b)
    with pytest.raises(ValueError, match='TranslationDataPreprocessor'):
        split_label(img, E)


def test_conditional_discriminator_equals_ours():
    """With the layers of ours inside."""
    ours = FESDiscriminator(E, channels=(4, 4)).eval()
    theirs = ConditionalDiscriminator(ours.layers, num_classes=E)
    img, score = torch.randn(2, 1, 16, 16), torch.rand(2, E)
    torch.testing.assert_close(theirs(img, score), ours(img, score))
    plain = FESDiscriminator(0, channels=(4, 4))
    unconditional = ConditionalDiscriminator(plain.layers, num_classes=0)
    torch.testing.assert_close(unconditional(img, score), plain(img))


def test_image_pair_loss():
    seen = []

    def pair(x, y):
        seen.append((x, y))
        return F.l1_loss(x, y), None

    class Two(nn.Module):
        forward = staticmethod(pair)

    loss = ImagePairLoss(Two(), in_channels=3, loss_weight=2.)
    a, b = torch.rand(2, 3, 1, 8, 8)
    mask = torch.tensor([True, False, True])
    torch.testing.assert_close(
        loss(a, b, mask), 2 * F.l1_loss(a[mask], b[mask]))
    assert seen[0][0].shape == (2, 3, 8, 8)
    a.requires_grad_()
    none = loss(a, b, torch.zeros(3, dtype=torch.bool))
    none.backward()
    assert float(none) == 0 and a.grad.abs().sum() == 0


def paired_data():
    data = make_data(2)
    data['data_samples'][1].set_field(data['inputs'][0], 'gt_img')
    return data


def test_translation_parts_equal_ours():
    make_model()
    cfg = dict(NETWORK, head=None)
    cfg['backbone'] = dict(cfg['backbone'], branches='fes', sharing=None)
    generator = TranslationGenerator(cfg, num_classes=E).eval()
    ours = FESDiscriminator(E, channels=(4, 4))
    discriminator = TranslationDiscriminator(ours, num_classes=E)
    data = TranslationDataPreprocessor(E)(paired_data(), training=True)
    source, real = data['inputs']['img_source'], data['inputs']['img_target']
    fake = generator(source)
    assert fake.shape == real.shape == (2, 1, 32, 32)
    img, score = split_label(source, E)
    assert score.argmax(dim=1).tolist() == [1, 3]
    torch.testing.assert_close(fake,
                               generator.network(img, (score, )).fakes[0])
    torch.testing.assert_close(
        discriminator(torch.cat([source, fake], dim=1)), ours(fake, score))


def test_translation_data_preprocessor():
    preprocessor = TranslationDataPreprocessor(E)
    # The second has no pair: its target is the image itself.
    trained = preprocessor(make_data(2), training=True)['inputs']
    img, score = split_label(trained['img_source'], E)
    assert score.argmax(dim=1).tolist() == [1, 1]
    torch.testing.assert_close(trained['img_target'][1], img[1])
    assert not torch.equal(trained['img_target'][0], img[0])
    tested = preprocessor(make_data(2), training=False)
    assert split_label(tested['inputs']['img_source'],
                       E)[1].argmax(dim=1).tolist() == [1, 3]
    assert 'img_target' not in tested['inputs']
    assert tested['data_samples'].split() == tested['data_samples']
    with pytest.raises(ValueError, match='target_label=-1; set pairs=True'):
        preprocessor(make_data(4))
    white = preprocessor.destruct(torch.ones(1, 4, 4))
    assert white.dtype == torch.uint8 and int(white.min()) == 255


def test_generated_image_metric():
    from mmengine.evaluator import BaseMetric

    class Brightness(BaseMetric):
        """A metric with the protocol of mmagic's."""

        def process(self, data_batch, data_samples):
            for sample in data_samples:
                pred = sample['output']['pred_img'].float()
                self.results.append(
                    dict(gap=(pred - sample['gt_img'].float()).mean()))

        def compute_metrics(self, results):
            return dict(
                gap=float(sum(r['gap'] for r in results)) / len(results))

    metric = GeneratedImageMetric(Brightness())
    grey = torch.full((1, 4, 4), 100, dtype=torch.uint8)
    samples = [
        dict(fake_img=grey + 10, gt_img=grey),
        dict(fake_img=grey),
        dict(fake_img=grey + 20, gt_img=grey)
    ]
    metric.process({}, samples)
    assert metric.evaluate(3) == {'synthesis/gap': 15.}
    metric.process({}, samples[1:2])
    assert metric.evaluate(1) == {}


def test_adapters_are_registered():
    for name in ('ConditionalDiscriminator', 'GANLossAdapter', 'ImagePairLoss',
                 'TranslationDataPreprocessor', 'TranslationDiscriminator',
                 'TranslationGenerator'):
        assert MODELS.get(f'mmfermtl.{name}').__name__ == name
