"""Several datasets in one training: labels, draws, classes."""
import os.path as osp

import pytest
import torch
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from narrow import load_leaf, shrink
from toy_runs import forget_runs

from mmfermtl.apis import UserError, run_training
from mmfermtl.datasets import ExpressionDataset
from mmfermtl.expressions import canonical_expression
from mmfermtl.utils.wrapped_datasets import inner_datasets, walk_datasets

FACES = dict(
    type='mmfermtl.SyntheticFaces',
    num_subjects=4,
    num_folds=2,
    fold=0,
    image_size=32)


@DATASETS.register_module()
class OddCodes(ExpressionDataset):
    """Records without images, with other spellings of the names."""

    NAMES = ('Surprised', 'SAD', 'joy', 'Afraid', 'disgusted', 'Angry')

    def load_samples(self):
        return [
            dict(
                expression=name,
                subject=f'P{k}',
                sequence=name,
                frame_index=0,
                num_frames=1,
                role='peak',
                img_path=f'P{k}/{name}.png') for k in range(4)
            for name in self.NAMES
        ]


ODD = dict(type='OddCodes', num_folds=2, fold=0)


def concat(*datasets):
    return dict(type='ConcatDataset', datasets=list(datasets))


@pytest.mark.parametrize('classes', [
    6,
    ('surprise', 'anger', 'happiness', 'fear', 'disgust', 'sadness'),
])
def test_labels_mean_the_same_in_all(classes, few_ckplus48):
    """Whatever the names and codes of each dataset are."""
    ckplus = dict(
        type='mmfermtl.CKPlus48', data_root=few_ckplus48, split='all')
    members = [dict(d, classes=classes) for d in (ckplus, ODD, FACES)]
    dataset = DATASETS.build(concat(*members))
    names = dataset.metainfo['classes']
    sizes = [len(d) for d in dataset.datasets]
    assert min(sizes) > 0 and len(dataset) == sum(sizes)
    for i in range(sizes[0]):
        info = dataset[i]
        folder = osp.basename(osp.dirname(info['img_path']))
        assert names[info['gt_label']] == canonical_expression(folder)
    for i in range(sizes[0], sizes[0] + sizes[1]):
        info = dataset[i]
        assert names[info['gt_label']] == canonical_expression(
            info['sequence'])
    # SyntheticFaces names its sequences by the codes of CK+.
    codes = ('neutral', 'anger', 'contempt', 'disgust', 'fear', 'happiness',
             'sadness', 'surprise')
    for i in range(sizes[0] + sizes[1], len(dataset)):
        info = dataset[i]
        assert names[info['gt_label']] == codes[int(info['sequence'])]


def mixed_config(work_dir, *members, **options):
    """A run on several datasets, on faces of 48 px."""
    forget_runs()
    cfg = shrink('fermtl_synthetic.py', work_dir, '')
    one = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = concat(*(dict(one, render_seed=k, **m)
                                            for k, m in enumerate(members)))
    cfg.merge_from_dict(options)
    cfg.filename = 'mine.py'
    return cfg


@pytest.mark.parametrize('wrap', [
    lambda d: concat(d, dict(d, render_seed=1)),
    lambda d: dict(type='RepeatDataset', times=2, dataset=d),
    lambda d: dict(
        type='ClassBalancedDataset', oversample_thr=1e-3, dataset=d),
    lambda d: dict(
        type='RepeatDataset',
        times=2,
        dataset=concat(d, dict(type='RepeatDataset', times=3, dataset=dict(d)))
    ),
])
def test_every_wrapped_dataset_knows_the_epoch(wrap, work_dir):
    """The draws of an epoch come from the seed, also inside wrappers."""
    cfg = shrink('fermtl_synthetic.py', work_dir, '', images=4, epochs=2)
    cfg.train_dataloader.dataset = wrap(cfg.train_dataloader.dataset)
    cfg.randomness.seed = 17
    runner = Runner.from_cfg(cfg)
    runner.train()
    inner = [
        d for d in walk_datasets(runner.train_dataloader.dataset)
        if isinstance(d, ExpressionDataset)
    ]
    assert len(inner) == str(cfg.train_dataloader.dataset).count('Synth')
    for dataset in inner:
        assert dataset.draw_state.numbers.tolist() == [17, 1]


@pytest.mark.parametrize('wrap', [
    lambda d: dict(type='mmfermtl.RepeatDataset', times=4, dataset=d),
    lambda d: dict(
        type='mmfermtl.RepeatDataset',
        times=2,
        dataset=concat(
            dict(type='mmfermtl.RepeatDataset', times=2, dataset=d))),
    lambda d: dict(
        type='mmfermtl.ClassBalancedDataset', oversample_thr=9., dataset=d),
])
def test_a_sample_that_comes_again_has_other_draws(wrap):
    """They depend on the seed, the epoch and the repetition alone."""
    cfg = load_leaf('fermtl_synthetic.py').train_dataloader.dataset
    cfg.update(num_subjects=10)
    cfg.pipeline.insert(1, dict(type='mmfermtl.AugmentFace', degrees=20))
    dataset = DATASETS.build(wrap(cfg))
    inner = next(
        d for d in walk_datasets(dataset) if isinstance(d, ExpressionDataset))
    inner.set_draw_state(3, 0)

    def draw(index):
        item = dataset[index]
        return item['inputs'], int(item['data_samples'].target_label)

    again = [k for k in range(len(dataset)) if locate(dataset, k) == 5]
    assert len(again) >= 4
    images, targets = zip(*map(draw, again))
    for k, image in enumerate(images):
        assert not any(torch.equal(image, one) for one in images[:k])
    assert len(set(targets)) > 1
    # The first time is as without a wrapper.
    assert torch.equal(images[0], inner[5]['inputs'])
    # In whatever order.
    for k in reversed(range(len(again))):
        assert torch.equal(draw(again[k])[0], images[k])
    inner.set_draw_state(3, 1)
    assert not torch.equal(draw(again[1])[0], images[1])


def locate(dataset, index):
    """Position of a sample in the innermost dataset."""
    while inner_datasets(dataset):
        if hasattr(dataset, '_get_ori_dataset_idx'):
            index = dataset._get_ori_dataset_idx(index)
        if isinstance(index, tuple):
            index = index[1]
        dataset = inner_datasets(dataset)[0]
    return index


def test_a_mixed_run_trains_and_validates(work_dir):
    """The grid of generated images shows the first test set."""
    cfg = mixed_config(work_dir, {}, {})
    cfg.val_dataloader.dataset = concat(cfg.val_dataloader.dataset,
                                        cfg.val_dataloader.dataset)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert len(runner.train_dataloader.dataset) == 16
    assert osp.isfile(osp.join(work_dir, 'synthesis', 'epoch_001.png'))
    stored = torch.load(
        osp.join(work_dir, 'epoch_1.pth'), weights_only=False)['meta']
    assert len(stored['dataset_meta']['classes']) == 7


def test_different_classes_are_refused_with_a_hint(work_dir):
    cfg = mixed_config(work_dir, {}, dict(classes=6))
    with pytest.raises(UserError) as info:
        run_training(cfg)
    message = str(info.value)
    for words in ('ConcatDataset', 'different classes',
                  "SyntheticFaces: ('anger', 'contempt'",
                  "; SyntheticFaces: ('anger', 'disgust'",
                  'the same `classes`'):
        assert words in message


def test_equal_sets_in_another_order_are_refused_too(work_dir):
    names = ['anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise']
    cfg = mixed_config(work_dir, dict(classes=names),
                       dict(classes=names[::-1]))
    with pytest.raises(UserError, match='different classes'):
        run_training(cfg)
