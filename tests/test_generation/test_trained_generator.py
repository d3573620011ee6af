"""Published weights generate from datasets that they do not know."""
import json

import pytest
import torch
from narrow import PATHS

from mmfermtl.apis import UserError, load_config, load_model
from mmfermtl.datasets import CKPlus48, GeneratedFaces, GeneratedRatioSampler
from mmfermtl.datasets.generated.provenance import read_provenance
from mmfermtl.engine.checkpoints.published_weights import read_weights
from mmfermtl.engine.checkpoints.training_facts import describe_dataset
from mmfermtl.generation import GenerationOptions, synthesize
from mmfermtl.registry import DATASETS
from mmfermtl.utils.decoding.face_decoding import decode_face
from mmfermtl.utils.safe_loading import find_published
from mmfermtl.utils.safe_loading.safetensors_files import write_safetensors

WEIGHTS = 'fermtl_tiny_ferplus'
DISGUST = GenerationOptions(per_class=3, classes=('Disgust', ))


@pytest.fixture
def cfg(few_ckplus48):
    return load_config(
        PATHS['fer_completed_ckplus48.py'], data_root=few_ckplus48, fold=0)


def rewritten(path, **changes):
    """Write the shipped weights with another description."""
    weights = read_weights(WEIGHTS)
    description = json.loads(json.dumps({**weights.description, **changes}))
    write_safetensors(str(path), weights.state, description)
    return str(path)


def test_an_expression_that_the_training_set_lacks(cfg, tmp_path):
    out = str(tmp_path / 'set')
    assert '3 images generated' in synthesize(cfg, WEIGHTS, out, DISGUST)
    content = read_provenance(out)
    assert content['checkpoint']['name'] == f'{WEIGHTS}.safetensors'
    # The weights have the name of their config, not its text.
    assert content['config'] == dict(name=WEIGHTS, sha256=None)
    assert content['dataset'] == 'CKPlus48' and content['fold'] == 0
    network = load_model(WEIGHTS).network
    names = read_weights(WEIGHTS).classes
    vector = torch.zeros(1, len(names))
    vector[0, names.index('disgust')] = 1
    for row in content['images']:
        assert row['expression'] == 'disgust'
        assert row['source']['expression'] != 'disgust'
        source = decode_face(f'{cfg.data_root}/{row["source"]["path"]}',
                             'grayscale')
        face = torch.from_numpy(source)[None, None].float() / 127.5 - 1
        with torch.no_grad():
            fake = network(face, [vector]).fakes[0][0, 0]
        made = torch.from_numpy(
            decode_face(f'{out}/{row["path"]}', 'grayscale'))
        wanted = ((fake + 1) * 127.5).round().clamp(0, 255)
        assert (made.float() - wanted).abs().max() <= 1
    faces = GeneratedFaces(out, fold=0)
    assert set(faces.get_gt_labels()) == {faces.CLASSES.index('disgust')}


@pytest.mark.parametrize('lacks', [('disgust', 'fear'), ()])
def test_what_few_subjects_do_not_show(cfg, tmp_path, lacks):
    out = str(tmp_path / 'set')
    cfg.train_dataloader.dataset.datasets[0].train_without = lacks
    missing = GenerationOptions(
        balance='missing', total=4 * len(lacks) or None)
    summary = synthesize(cfg, WEIGHTS, out, missing)
    assert f'{4 * len(lacks)} images generated' in summary
    faces = GeneratedFaces(out, fold=0)
    assert {faces.CLASSES[k] for k in faces.get_gt_labels()} == set(lacks)
    # It joins real images, also if nothing was missing.
    dataset = cfg.train_dataloader.dataset
    dataset.datasets[1].data_root = out
    both = DATASETS.build(dataset)
    sampler = GeneratedRatioSampler(both, ratio=None, seed=0)
    assert len(sampler.generated) == 4 * len(lacks)
    assert len(list(sampler)) == len(sampler) >= len(sampler.real)


@pytest.mark.parametrize('classes, words', [
    (('neutral', ), '--classes neutral: the dataset has anger'),
    (('calm', ), '--classes calm: the dataset has anger'),
])
def test_classes_that_the_dataset_lacks(cfg, tmp_path, classes, words):
    with pytest.raises(ValueError, match=words):
        synthesize(cfg, WEIGHTS, str(tmp_path / 'set'),
                   GenerationOptions(per_class=1, classes=classes))


def test_weights_without_a_class_of_the_dataset(cfg, tmp_path):
    facts = dict(
        read_weights(WEIGHTS).description['training_facts'],
        classes=['anger', 'sadness'])
    path = rewritten(
        tmp_path / 'two.safetensors',
        classes=facts['classes'],
        training_facts=facts,
        calibration=None)
    with pytest.raises(UserError, match='knows anger, sadness, but not cont'):
        synthesize(cfg, path, str(tmp_path / 'set'), DISGUST)


def test_weights_that_know_the_held_out_subjects(cfg, few_ckplus48, tmp_path):
    known = CKPlus48(few_ckplus48, split='train', fold=1)
    path = rewritten(
        tmp_path / 'known.safetensors',
        training_facts=dict(
            describe_dataset(known).to_dict(),
            classes=read_weights(WEIGHTS).classes))
    with pytest.raises(ValueError, match='subjects that are held out here'):
        synthesize(cfg, path, str(tmp_path / 'set'), DISGUST)
    assert not (tmp_path / 'set').exists()


def test_weights_of_another_size(cfg, tmp_path):
    for transform in cfg.test_dataloader.dataset.pipeline:
        if transform['type'].endswith('ResizeFace'):
            transform['size'] = 64
    with pytest.raises(ValueError, match='48 x 48 pixels, .* gives 64 x 64'):
        synthesize(cfg, WEIGHTS, str(tmp_path / 'set'), DISGUST)


def test_weights_for_other_channels(cfg, tmp_path):
    leaf = cfg.test_dataloader.dataset
    leaf.pipeline = [
        dict(type='mmfermtl.LoadFace'), *[
            t for t in leaf.pipeline
            if t['type'].split('.')[-1] not in ('LoadFace', 'ToGray')
        ]
    ]
    with pytest.raises(UserError, match='have 3 channels, .* images of 1'):
        synthesize(cfg, WEIGHTS, str(tmp_path / 'set'), DISGUST)


def test_weights_without_a_generator(cfg, tmp_path):
    path = find_published('fer_tiny_ferplus')
    with pytest.raises(UserError, match='no generator'):
        synthesize(cfg, path, str(tmp_path / 'set'), DISGUST)


def test_an_expression_that_is_named_twice():
    options = GenerationOptions(classes=('fear', 'Afraid'))
    assert options.labels(['anger', 'fear', 'sadness']) == [1]


def test_sets_of_before_have_a_checksum_of_the_name(cfg, tmp_path):
    out = str(tmp_path / 'set')
    synthesize(cfg, WEIGHTS, out, DISGUST)
    path = tmp_path / 'set' / 'provenance.json'
    before = path.read_text()
    assert '"sha256": null' in before
    path.write_text(before.replace('"sha256": null', '"sha256": "ad20"', 1))
    assert 'nothing to do' in synthesize(cfg, WEIGHTS, out, DISGUST)
    assert 'None' not in (
        tmp_path / 'set' /
        'report.md').read_text().split('config:')[1].splitlines()[0]
