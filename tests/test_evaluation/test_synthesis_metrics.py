"""Metrics on generated images, with known results."""
import numpy as np
import pytest
import tiny_weights
import torch
from mmengine.evaluator import Evaluator
from torch import nn
from toy_generators import ToyClassifier

from mmfermtl.evaluation import (CycleError, ExpressionScore, FeatureDistance,
                                 IdentityScore, IntensityMonotonicity,
                                 PerceptualDistance)
from mmfermtl.evaluation.functional.identity import identity_bounds
from mmfermtl.evaluation.functional.intensity import intensity_scores

NAMES = dict(classes=tuple('abcdefg'))


def flat(*levels):
    """Constant images ``(N, 1, 12, 12)``."""
    return torch.tensor(
        levels, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 12, 12)


def run(metric, images, samples):
    """Process in two batches, and evaluate."""
    metric.dataset_meta = NAMES
    half = -(-len(samples) // 2)
    for part in (slice(0, half), slice(half, None)):
        if samples[part]:
            metric.process(dict(inputs=list(images)[part]), samples[part])
    return metric.evaluate(len(samples))


def test_expression_score_of_targets():
    """One generated image per sample; one of two targets is missed."""
    samples = [
        dict(
            gt_label=torch.tensor([5]),
            target_label=torch.tensor([2]),
            fake_img=flat(2)[0]),
        dict(
            gt_label=torch.tensor([1]),
            target_label=torch.tensor([1]),
            fake_img=flat(1)[0]),
        dict(
            gt_label=torch.tensor([3]),
            target_score=torch.tensor([0., 0, .3, 0, .7, 0, 0]),
            fake_img=flat(6)[0]),
        dict(gt_label=torch.tensor([3])),
    ]
    found = run(ExpressionScore(ToyClassifier()), flat(5, 0, 3, 3), samples)
    assert found['expression/score'] == pytest.approx(200 / 3)
    assert found['expression/score_changed'] == pytest.approx(50)
    assert found['expression/ceiling'] == pytest.approx(200 / 3)
    assert found['expression/images'] == 3
    confusion = np.array(found['expression/confusion'])
    assert confusion.shape == (7, 7) and confusion[4, 6] == 1


def test_expression_score_of_all_targets():
    samples = [
        dict(gt_label=torch.tensor([k]), fake_imgs=flat(0, 1, 2, 3, 4, 4, 4))
        for k in (0, 6)
    ]
    found = run(ExpressionScore(ToyClassifier()), flat(0, 6), samples)
    assert found['expression/score'] == pytest.approx(500 / 7)
    # The second source already shows 6, which is its target, too.
    assert found['expression/score_changed'] == pytest.approx(900 / 12)
    assert found['expression/ceiling'] == 100


def test_classifier_of_other_classes():
    metric = ExpressionScore(ToyClassifier())
    metric.dataset_meta = dict(classes=tuple('abcdef'))
    with pytest.raises(ValueError, match='classifier has 7 classes'):
        metric.process(dict(inputs=[flat(1)[0]]), [dict(fake_imgs=flat(0, 1))])


@pytest.mark.parametrize('kind', [ExpressionScore, IntensityMonotonicity])
def test_trained_classifier_of_classes_in_another_order(kind, tmp_path):
    config, checkpoint = tiny_weights.write_config(str(tmp_path))
    metric = kind(
        dict(
            type='mmfermtl.TrainedModel', config=config,
            checkpoint=checkpoint))
    names = tiny_weights.CLASSES
    assert list(metric.network.dataset_meta['classes']) == names
    image = torch.zeros(1, 32, 32, dtype=torch.uint8)
    sample = dict(
        fake_imgs=image[None].expand(4, 1, 32, 32),
        sweep_imgs=image[None, None],
        sweep_targets=[0])
    metric.dataset_meta = dict(classes=tuple(names))
    metric.process(dict(inputs=[image]), [sample])
    metric.dataset_meta = dict(classes=tuple(reversed(names)))
    with pytest.raises(
            ValueError,
            match='4 classes .anger, fear.*MatchedClassifier, which'):
        metric.process(dict(inputs=[image]), [sample])


def test_intensity_scores():
    sweeps = np.array([[.1, .2, .3, .9], [.1, .5, .4, .9], [.1, .195, .19, .2],
                       [.5, .5, .5, .5], [.9, .6, .3, .1]])
    rising, spearman = intensity_scores(sweeps)
    assert rising.tolist() == [True, False, True, False, False]
    np.testing.assert_allclose(spearman, [1, .8, .8, 0, -1], atol=1e-12)


def test_intensity_metric():
    sweep = torch.stack([flat(0, 1, 2), flat(0, 5, 6)])
    samples = [
        dict(sweep_imgs=sweep, sweep_targets=[2, 6]),
        dict(sweep_imgs=sweep.flip(1), sweep_targets=[2, 6]),
    ]
    found = run(IntensityMonotonicity(ToyClassifier()), flat(0, 0), samples)
    assert found['intensity/rising'] == 50 and found['intensity/sweeps'] == 4
    assert found['intensity/spearman'] == pytest.approx(0)


def test_cycle_error():
    samples = [dict(cycle_imgs=flat(51, 0)), dict(cycle_imgs=flat(0, 0)), {}]
    found = run(CycleError(), flat(0, 0, 0), samples)
    assert found['cycle/L1'] == pytest.approx(0.2 / 4)
    assert found['cycle/images'] == 4
    assert run(CycleError(), flat(0), [{}]) == {}


class ToyEmbedder(nn.Module):
    """A direction by brightness: 90 levels are a quarter of a turn."""

    def forward(self, images):
        angle = images.float().mean((1, 2, 3)) * np.pi / 180
        return torch.stack([angle.cos(), angle.sin()], 1)


def test_identity_score():
    """Subjects at 0 and 90 degrees, sequences 10 apart, fakes 60 off."""
    samples = []
    for level, subject, sequence in ((0, 'a', '1'), (0, 'a', '1'),
                                     (10, 'a', '2'), (90, 'b', '1'), (100, 'b',
                                                                      '2')):
        samples.append(
            dict(
                dataset='X',
                subject=subject,
                sequence=sequence,
                level=level,
                # The first of the two targets is what the source shows.
                gt_label=torch.tensor([0]),
                fake_imgs=flat(level, level + 60)))
    found = run(
        IdentityScore(ToyEmbedder()), flat(*(s['level'] for s in samples)),
        samples)
    cos = {d: np.cos(np.deg2rad(d)) for d in (10, 60, 80, 90, 100)}
    assert found['identity/score'] == pytest.approx((1 + cos[60]) / 2)
    assert found['identity/score_changed'] == pytest.approx(cos[60])
    assert found['identity/same_subject'] == pytest.approx(cos[10])
    different = [90, 100, 90, 100, 80, 90]
    assert found['identity/different_subjects'] == pytest.approx(
        np.mean([cos[d] for d in different]), abs=1e-6)
    assert found['identity/auc'] == 1


def test_identity_bounds_without_pairs():
    bounds = identity_bounds(np.eye(3), ['a', 'b', 'c'], ['1', '1', '1'])
    assert bounds == dict(different_subjects=0.)
    equal = identity_bounds(np.ones((4, 2)), list('aabb'), list('1212'))
    assert equal['auc'] == 0.5


def test_identity_needs_subjects():
    with pytest.raises(KeyError, match='lack subject, sequence'):
        IdentityScore(ToyEmbedder()).process(
            dict(inputs=[flat(0)[0]]), [dict(fake_imgs=flat(0))])


@pytest.mark.parametrize('config, words', [
    (dict(type='mmfermtl.ExpressionScore'), 'given no evaluation classifier'),
    (dict(
        type='mmfermtl.ExpressionScore',
        classifier=dict(
            type='mmfermtl.TrainedModel',
            config='no.py',
            checkpoint='gone.pth')),
     'the file no.py of its evaluation classifier'),
    (dict(type='mmfermtl.IdentityScore'), 'given no embedder'),
    (dict(
        type='mmfermtl.IdentityScore',
        embedder=dict(type='mmfermtl.FileEmbedder',
                      path='gone.onnx')), 'the file gone.onnx'),
    (dict(type='mmfermtl.IntensityMonotonicity'),
     'given no evaluation classifier'),
    (dict(type='mmfermtl.PerceptualDistance'), 'given no weights'),
    (dict(type='mmfermtl.PerceptualDistance',
          weights='gone.pth'), 'the file gone.pth'),
    (dict(type='mmfermtl.FeatureDistance',
          weights='gone.pth'), 'the file gone.pth'),
])
def test_without_weights_the_rest_goes_on(config, words, capsys):
    evaluator = Evaluator([config, dict(type='mmfermtl.CycleError')])
    out = capsys.readouterr()
    assert (out.out + out.err).count(words) == 1
    evaluator.process([dict(cycle_imgs=flat(0))] * 2,
                      dict(inputs=list(flat(0, 0))))
    assert evaluator.evaluate(2) == {
        'cycle/L1': 0.,
        'cycle/SSIM': 1.,
        'cycle/PSNR': 100.,
        'cycle/images': 2
    }
    out = capsys.readouterr()
    assert words not in out.out + out.err


def test_a_model_without_generated_images_is_logged(capsys):
    assert run(ExpressionScore(ToyClassifier()), flat(0), [{}]) == {}
    out = capsys.readouterr()
    assert 'no sample has the generated images' in out.out + out.err


class ToyFeatures(nn.Module):
    """Brightness and its square."""

    def forward(self, images):
        level = images.float().mean((1, 2, 3)) / 100
        return torch.stack([level, level**2], 1)


def test_distances_of_distributions():
    levels = range(10, 100, 2)
    found = {}
    for shift in (0, 20, 90):
        samples = [dict(fake_imgs=flat(k + shift)) for k in levels]
        found[shift] = run(
            FeatureDistance(extractor=ToyFeatures()), flat(*levels), samples)
    for key in ('KID', 'FID'):
        values = [
            found[s][f'distribution_ToyFeatures/{key}'] for s in (0, 20, 90)
        ]
        assert values[0] < values[1] < values[2]
    assert found[0]['distribution_ToyFeatures/FID'] == pytest.approx(
        0, abs=1e-6)
    again = run(
        FeatureDistance(extractor=ToyFeatures()), flat(*levels),
        [dict(fake_imgs=flat(k + 20)) for k in levels])
    assert again == found[20]


def test_distances_are_named_after_their_network():
    features = ToyFeatures()
    assert FeatureDistance(
        extractor=features).prefix == 'distribution_ToyFeatures'
    features.name = 'faces'
    assert FeatureDistance(extractor=features).prefix == 'distribution_faces'
    assert FeatureDistance(extractor=features, prefix='x').prefix == 'x'
    assert FeatureDistance().prefix == 'distribution'


def test_lpips_from_a_file(tmp_path, monkeypatch):
    from torchvision.models import alexnet

    def download(*args, **kwargs):
        raise AssertionError('something is downloaded')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    path, before = str(tmp_path / 'mine.pth'), torch.hub.get_dir()
    torch.save(alexnet(weights=None).state_dict(), path)
    metric = PerceptualDistance(path)
    assert torch.hub.get_dir() == before
    one, two = torch.randint(0, 256, (2, 1, 48, 48)).byte()
    pair = dict(fake_img=one, gt_img=two)
    found = run(metric, [one, one], [pair, dict(pair, gt_img=one)])
    assert found['lpips/pairs'] == 2 and found['lpips/paired'] > 0
    same = run(PerceptualDistance(path), [one], [dict(pair, gt_img=one)])
    assert same['lpips/paired'] == pytest.approx(0, abs=1e-6)
    torch.save(dict(conv1=torch.zeros(1)), path)
    with pytest.raises(ValueError, match='of another network; expected'):
        PerceptualDistance(path)


def test_former_names_of_arguments():
    with pytest.warns(FutureWarning, match='judge= .* use classifier='):
        metric = ExpressionScore(judge=ToyClassifier())
    assert isinstance(metric.network, ToyClassifier)


def test_options_that_contradict():
    with pytest.raises(ValueError, match='not both'):
        FeatureDistance(weights='a.pth', extractor=ToyFeatures())
    with pytest.raises(ValueError, match="net='resnet'"):
        PerceptualDistance(net='resnet')
