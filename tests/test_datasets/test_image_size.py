"""Images are resized to the size that the network is trained on."""
import os.path as osp
from glob import glob

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from narrow import CONFIGS, LEAVES, load_leaf
from rendered_trees import render_image

from mmfermtl.datasets import ResizeFace, SyntheticFaces
from mmfermtl.registry import MODELS, TRANSFORMS
from mmfermtl.utils.random_state import seeded_draws
from mmfermtl.utils.wrapped_datasets import leaf_datasets

PACK = dict(type='mmfermtl.PackExpressionInputs')


def faces(size, **kwargs):
    return SyntheticFaces(
        num_subjects=2, split='all', image_size=size, **kwargs)


def test_an_image_of_the_right_size_is_unchanged():
    for shape in ((48, 48), (48, 48, 3)):
        img = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        out = ResizeFace(48)(dict(img=img, target_img=img.T.T.copy()))
        assert out['img'].tobytes() == out['target_img'].tobytes(
        ) == img.tobytes()
        assert out['img'].shape == shape and out['img_shape'] == (48, 48)


def test_shrinking_averages_and_enlarging_is_bicubic():
    img = np.random.default_rng(0).integers(0, 256, (96, 96), np.uint8)
    out = ResizeFace(48)(dict(img=img))['img']
    means = img.reshape(48, 2, 48, 2).mean((1, 3))
    assert np.abs(out - means).max() <= 0.5
    out = ResizeFace(96)(dict(img=img[:48, :48]))['img']
    want = cv2.resize(img[:48, :48], (96, 96), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(out, want)


@pytest.mark.parametrize('shape', [(48, 64), (97, 50), (20, 31, 3), (7, 500),
                                   (1, 1), (96, 145, 3)])
def test_any_shape_becomes_a_square(shape):
    """The middle of the longer edge, not a face that is stretched."""
    img = np.zeros(shape, np.uint8)
    middle = [side // 2 for side in shape[:2]]
    img[middle[0], middle[1]] = 255
    out = ResizeFace(48)(dict(img=img))['img']
    assert out.shape == (48, 48) + shape[2:]
    place = np.unravel_index(
        out.reshape(48, 48, -1)[..., 0].argmax(), (48, 48))
    assert np.abs(np.array(place) - 24).max() <= 24 * (shape == (1, 1)) + 3
    with pytest.raises(ValueError, match='size=0; give the side'):
        ResizeFace(0)


def test_every_shipped_pipeline_takes_faces_of_any_size():
    """The same size, and about the same face, in training and in tests."""
    faces_by_size = {
        side: render_image('S005', 'happy', 1., side)
        for side in (30, 48, 224)
    }
    seen, known = set(), set()
    for name in LEAVES:
        cfg = load_leaf(name)
        size = cfg.model.data_preprocessor.get('image_size', 48)
        for split in ('train', 'val', 'test'):
            for leaf in leaf_datasets(cfg[f'{split}_dataloader'].dataset):
                if (size, str(leaf['pipeline'])) not in known:
                    known.add((size, str(leaf['pipeline'])))
                    check_pipeline(leaf['pipeline'], size, faces_by_size)
                seen.add((name, split))
    assert len(seen) == 3 * len(LEAVES) and len(known) >= 8


def check_pipeline(pipeline, size, faces_by_size):
    init_default_scope('mmpretrain')
    pipeline = Compose([TRANSFORMS.build(t) for t in pipeline])
    got = []
    for img in faces_by_size.values():
        with seeded_draws(0):
            item = pipeline(dict(img=img, target_img=img.copy()))
        assert item['inputs'].shape[1:] == (size, size)
        got.append(item['inputs'][0].float().flatten())
    assert torch.corrcoef(torch.stack(got)).min() > 0.8


def test_every_shipped_config_refuses_other_sizes():
    bases = glob(osp.join(CONFIGS, '_base_', 'models', '*.py'))
    for path in bases:
        model = Config.fromfile(path).model
        # That one scales the images itself.
        if not model.type.endswith('Embedder'):
            assert model.data_preprocessor.image_size
    for name in LEAVES:
        cfg = load_leaf(name).model.data_preprocessor
        assert cfg.type.startswith('mmfermtl.'), name


def build(**kwargs):
    return MODELS.build(
        dict(type='mmfermtl.ExpressionDataPreprocessor', **kwargs))


def batch(*sizes, paths=True):
    items = []
    for k, size in enumerate(sizes):
        data = faces(size, pipeline=[PACK])
        items.append(data[k])
        if paths:
            items[-1]['data_samples'].set_metainfo(dict(img_path=f'{k}.png'))
    return pseudo_collate(items)


def test_a_batch_of_two_sizes_is_refused():
    for kwargs in (dict(), dict(image_size=48)):
        with pytest.raises(
                ValueError,
                match=r'0.png has 48 x 48 .*and 2.png 112 x 112.*ResizeFace'):
            build(**kwargs)(batch(48, 48, 112))
    with pytest.raises(ValueError, match='image 0 of the batch .* image 1'):
        build()(batch(48, 64, paths=False))


def test_another_size_than_that_of_the_network_is_refused():
    for data in (batch(64, 64), dict(inputs=torch.zeros(2, 1, 64, 64))):
        with pytest.raises(
                ValueError, match='has 64 x 64 .*expected 48 x 48 .*size=48'):
            build(image_size=48)(data)
        build(image_size=[64, 64])(data)
        build()(data)


def test_equal_sizes_are_prepared_as_by_mmengine():
    plain = MODELS.build(
        dict(type='mmengine.ImgDataPreprocessor', mean=[127.5], std=[127.5]))
    ours = build(image_size=48)
    assert torch.equal(
        plain(batch(48, 48))['inputs'],
        ours(batch(48, 48))['inputs'])
    assert not ours.state_dict()


def test_the_model_s_own_default_and_mmagic_s():
    from tiny_fermtl import E, make_model
    with pytest.raises(ValueError, match='a batch takes images of one size'):
        make_model().data_preprocessor(batch(32, 48))
    with pytest.raises(ValueError, match='a batch takes images of one size'):
        MODELS.build(
            dict(type='mmfermtl.TranslationDataPreprocessor', num_classes=E))(
                batch(32, 48))
    with pytest.raises(ValueError, match='needs `num_classes`'):
        build(batch_augments=dict(augments=dict(type='Mixup', alpha=1.)))


def test_faces_of_no_dataset(tmp_path):
    """As files or images, of any size; the scores are the dataset's."""
    from narrow import narrow_model

    from mmfermtl.apis.inference import predict_faces
    cfg = load_leaf('fer_synthetic.py')
    narrow_model(cfg)
    path = str(tmp_path / 'epoch_1.pth')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    face = render_image('S005', 'happy', 1.)
    data = batch(48)
    data['inputs'][0] = torch.from_numpy(face)[None]
    with torch.no_grad():
        want = model.test_step(data)[0].pred_score
    for k, (image, given) in enumerate([(face, None),
                                        (face.astype(np.uint16) * 257, None),
                                        (cv2.merge([face] * 3), None)]):
        given = str(tmp_path / f'{k}.png')
        cv2.imwrite(given, image)
        for found in predict_faces(cfg, path, [given, image], batch_size=1):
            torch.testing.assert_close(found.pred_score, want)
    large = cv2.resize(face, (96, 96), interpolation=cv2.INTER_NEAREST)
    found = predict_faces(cfg, path, [large, face])
    torch.testing.assert_close(found[0].pred_score, found[1].pred_score)
