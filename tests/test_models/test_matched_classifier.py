"""A classifier whose classes are matched by name."""
import numpy as np
import pytest
import torch
from torch import nn

from mmfermtl.datasets import ResizeFace
from mmfermtl.evaluation.functional.generated_images import read_scores
from mmfermtl.models import MatchedClassifier
from mmfermtl.structures import ExpressionDataSample

KNOWN = ['neutral', 'Happy', 'anger', 'fear']
SCORES = torch.tensor([0.5, 0.3, 0.15, 0.05])


class Recorder(nn.Module):
    """Give fixed scores, and keep the images."""

    def test_step(self, data):
        self.images = data['inputs']
        return [
            ExpressionDataSample().set_pred_score(SCORES) for _ in self.images
        ]


def test_scores_of_some_classes():
    classifier = MatchedClassifier(Recorder(), KNOWN, ['anger', 'happiness'])
    images = torch.zeros(3, 1, 8, 8, dtype=torch.uint8)
    scores = read_scores(classifier, images)
    torch.testing.assert_close(scores, torch.tensor([[1 / 3, 2 / 3]] * 3))
    sample = classifier.test_step(dict(inputs=list(images)))[0]
    assert sample.pred_label.tolist() == [1]


def test_images_get_the_size_of_the_training():
    inner = Recorder()
    classifier = MatchedClassifier(inner, KNOWN, ['anger'], [4, 6])
    image = torch.full((3, 8, 8), 200, dtype=torch.uint8)
    classifier.test_step(dict(inputs=[image, image[:, :4, :6]]))
    assert [i.shape for i in inner.images] == [(3, 4, 6)] * 2
    assert all(i.dtype == torch.uint8 and (i == 200).all()
               for i in inner.images)


@pytest.mark.parametrize('size', [24, 96])
@pytest.mark.parametrize('channels', [1, 3])
def test_images_are_resized_as_in_the_training(size, channels):
    inner = Recorder()
    classifier = MatchedClassifier(inner, KNOWN, ['anger'], [size, size])
    image = np.random.default_rng(0).integers(
        0, 256, (48, 48, channels), dtype=np.uint8)
    classifier.test_step(
        dict(inputs=[torch.from_numpy(image).permute(2, 0, 1)]))
    want = ResizeFace(size).transform(dict(img=image))['img']
    got = inner.images[0].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(got, want.reshape(size, size, channels))


def test_classes_that_do_not_match():
    with pytest.raises(ValueError, match='neutral.*but not sadness; give'):
        MatchedClassifier(Recorder(), KNOWN, ['sadness', 'anger'])
    classifier = MatchedClassifier(Recorder(), KNOWN[:3], ['anger'])
    with pytest.raises(ValueError, match='gives 4 scores, but 3 names'):
        classifier.test_step(dict(inputs=[torch.zeros(1, 8, 8).byte()]))
