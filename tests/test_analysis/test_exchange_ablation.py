"""The ablation of exchanges whose effect is known."""
import pytest
import torch
from narrow import load_leaf, narrow_model
from torch import nn
from toy_folds import train_here, write_config

from mmfermtl.analysis.cross_validation import (RunKey, cross_validate,
                                                list_runs)
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder
from mmfermtl.analysis.exchange_ablation import (ablate_checkpoint,
                                                 ablate_exchange, ablate_study)
from mmfermtl.apis import UserError, load_config
from mmfermtl.registry import MODELS
from mmfermtl.structures import ExpressionDataSample

LABELS = [0, 0, 0, 0, 1, 1, 2]


class Mixing(nn.Module):
    """A unit that takes a known share from the other branch."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, fer, fes, fer_only=False):
        return torch.lerp(fer, fes, self.share), None if fer_only else fes


class OneHotClassifier(nn.Module):
    """A model that classifies one-hot images without errors."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.network = nn.Module()
        self.network.backbone = backbone = nn.Module()
        backbone.sharing = nn.ModuleList([Mixing(share)])
        backbone.forward = lambda x: backbone.sharing[0](x, x, fer_only=True)

    def data_preprocessor(self, data, training):
        return dict(inputs=torch.stack(data['inputs']).float())

    def forward(self, inputs):
        return self.network.backbone(inputs)[0].mean(dim=(2, 3))


def one_hot_images(labels, subjects=None):
    """Images of labels, of a subject each by default."""
    made = []
    for i, label in enumerate(labels):
        sample = ExpressionDataSample().set_gt_label(label)
        if subjects is not False:
            sample.set_metainfo(
                dict(subject=subjects[i] if subjects else f'S{i}'))
        img = torch.zeros(3, 2, 2)
        img[label] = 1
        made.append(dict(inputs=img, data_samples=sample))
    return made


@pytest.mark.parametrize('batch_size', [2, 64])
@pytest.mark.parametrize('subjects', [None, False])
def test_all_comes_from_the_other_branch(batch_size, subjects):
    found = ablate_exchange(
        OneHotClassifier(1.), one_hot_images(LABELS, subjects), batch_size)
    # The mean image shows the most frequent expression.
    assert found == (7, 7, 4, 0, 7)


def test_nothing_comes_from_the_other_branch():
    assert ablate_exchange(OneHotClassifier(0.),
                           one_hot_images(LABELS)) == (7, 7, 7, 7, 0)


@pytest.mark.parametrize('bias', [-1e4, 1e4])
def test_the_figure_of_2021(bias):
    """Closed gates pass nothing on; open ones, without features of their own
    in the candidate, all that recognition reads."""
    cfg = load_leaf('fermtl_figure_synthetic.py')
    narrow_model(cfg)
    cfg.model.network.backbone.sharing = dict(
        type='mmfermtl.ConvFLUExchange', update_bias=bias)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    images = list(torch.randint(0, 256, (12, 1, 48, 48)).byte())
    inputs = model.data_preprocessor(dict(inputs=images), False)['inputs']
    with torch.no_grad():
        for unit in model.network.backbone.sharing:
            unit.to_fer.from_receiver.weight.zero_()
        # So that not all images are classified as one expression.
        model.head.fc.bias -= model(inputs).mean(0)
        labels = model(inputs).argmax(1).tolist()
    assert len(set(labels)) > 1
    items = [
        dict(
            inputs=image, data_samples=ExpressionDataSample().set_gt_label(k))
        for image, k in zip(images, labels)
    ]
    found = ablate_exchange(model, items)
    if bias < 0:
        assert found == (12, 12, 12, 12, 0)
    else:
        assert found.mean < 12 and found[:2] == (12, 12)
        assert found[3:] == (0, 12)


def test_unlabelled_images_are_left_out():
    assert ablate_exchange(
        OneHotClassifier(0.), one_hot_images([*LABELS, -1])).images == 7


def test_others_are_other_subjects():
    """The same subject has expression 1, another one has 2."""
    subjects = ['A', 'B', 'A', 'B']
    model = OneHotClassifier(1.)
    seen = []
    model.register_forward_hook(
        lambda m, args, out: seen.append(out.argmax(1).tolist()))
    found = ablate_exchange(model, one_hot_images([0, 0, 1, 2], subjects))
    assert found[:2] == (4, 4) and found.followed == 4
    # Images of A get features of B's 0 or 2; those of B of A's 0 or 1.
    assert seen[-1][0] == 2 and seen[-1][1] == 1
    assert seen[-1][2] in (0, 2) and seen[-1][3] in (0, 1)


def test_one_expression_alone():
    with pytest.raises(ValueError, match='no image of another subject'):
        ablate_exchange(OneHotClassifier(1.), one_hot_images([1, 1]))


@pytest.mark.parametrize('name, message', [
    ('fer_synthetic.py', 'has no units'),
    ('fes_ckplus48.py', 'found AdversarialFERMTL'),
    ('mmpretrain_classifier_ckplus48.py', 'found ImageClassifier'),
])
def test_models_without_exchange_or_head(tmp_path, name, message):
    cfg = load_leaf(name)
    narrow_model(cfg)
    # Two subjects in a fold.
    cfg.test_dataloader.dataset.num_subjects = 20
    path = str(tmp_path / 'epoch_1.pth')
    model = MODELS.build(dict(cfg.model, _scope_='mmpretrain'))
    torch.save(dict(state_dict=model.state_dict()), path)
    with pytest.raises(UserError, match=f'{name}: .*{message}'):
        ablate_checkpoint(cfg, path)


def test_study(tmp_path):
    config = write_config(
        tmp_path, sharing="dict(type='mmfermtl.CrossStitch')")
    path = str(tmp_path / 'out')
    study = StudyFolder.open(path, load_config(config), 3, False)
    with pytest.raises(ValueError, match='until it has results'):
        next(ablate_study(path, given=load_config(config)))
    train_here(study, list_runs([0], [0, 2], 'no'))
    outcome = cross_validate(load_config(config), path, train=False)
    with pytest.raises(UserError, match='toy_folds.*--config FILE'):
        next(ablate_study(path))
    found = dict(ablate_study(path, given=load_config(config)))
    assert list(found) == [RunKey(0, 0), RunKey(0, 2)]
    correct = sum(counts.original for counts in found.values())
    images = sum(counts.images for counts in found.values())
    last = outcome.results['selections']['last']
    assert images == last['num_images'] == 56
    assert 100 * correct / images == pytest.approx(last['pooled_accuracy'])
