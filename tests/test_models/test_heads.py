"""The head follows mmpretrain's protocol."""
import pytest
import torch

from mmfermtl.models import FERHead
from mmfermtl.structures import ExpressionDataSample


def samples(*labels):
    return [ExpressionDataSample().set_gt_label(k) for k in labels]


def test_forward_loss_predict():
    head = FERHead(8, 5).eval()
    feats = (torch.randn(3, 8, 4, 4), )
    logits = head(feats)
    assert logits.shape == (3, 5)
    data = samples(0, 4, 2)
    loss = head.loss(feats, data)
    want = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 4, 2]))
    assert list(loss) == ['loss_fer']
    torch.testing.assert_close(loss['loss_fer'], want)
    for known in (data, None):
        out = head.predict(feats, known)
        for sample, row in zip(out, logits):
            torch.testing.assert_close(sample.pred_score, row.softmax(0))
            assert sample.pred_label.tolist() == [int(row.argmax())]


def test_soft_labels_win_over_labels():
    head = FERHead(8, 3).eval()
    feats = (torch.randn(2, 8, 4, 4), )
    data = samples(0, 0)
    soft = torch.tensor([[.2, .8, 0.], [0., .5, .5]])
    for sample, score in zip(data, soft):
        sample.set_gt_score(score)
    want = torch.nn.functional.cross_entropy(head(feats), soft)
    torch.testing.assert_close(head.loss(feats, data)['loss_fer'], want)


def test_too_few_classes_are_named():
    head = FERHead(8, 6)
    with pytest.raises(ValueError, match='label 6 found.*num_classes=6'):
        head.loss((torch.randn(2, 8, 4, 4), ), samples(1, 6))


def test_unpadded_convolution_of_the_first_release():
    head = FERHead(8, 3, padding=0).eval()
    assert head((torch.randn(1, 8, 3, 3), )).shape == (1, 3)
