"""Generated training sets: origin, counts, interruptions, mistakes."""
import hashlib
import os
import os.path as osp
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from generation_runs import trained
from mmengine.config import Config

from mmfermtl.apis import UserError
from mmfermtl.datasets import CKPlus48, GeneratedFaces
from mmfermtl.datasets.generated.provenance import (format_provenance,
                                                    read_provenance)
from mmfermtl.generation import (GenerationOptions, Targets, generation_run,
                                 synthesize)
from mmfermtl.generation.filter_networks import FilterNetworks
from mmfermtl.generation.generated_set import GeneratedSet
from mmfermtl.generation.source_images import SourceImages

FEW = GenerationOptions(per_class=5, batch_size=4)


@pytest.fixture(scope='module')
def generator(few_ckplus48, tmp_path_factory):
    return trained('fermtl_ckplus48.py',
                   tmp_path_factory.mktemp('generator') / 'epoch_3.pth',
                   few_ckplus48)


@pytest.fixture(scope='module')
def classifier(few_ckplus48, tmp_path_factory):
    return trained('fer_ckplus48.py',
                   tmp_path_factory.mktemp('classifier') / 'epoch_3.pth',
                   few_ckplus48)


def contents(root):
    """Content of every file below a folder."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = osp.join(folder, name)
            with open(path, 'rb') as file:
                found[osp.relpath(path, root)] = file.read()
    return found


def use_former_keys(root):
    """Give the files of a set the keys of the first version."""
    changed = 0
    for path in Path(root).rglob('*.json'):
        text = path.read_text('utf-8')
        former = text.replace('"classifier"',
                              '"judge"').replace('"generated"', '"painted"')
        path.write_text(former, 'utf-8')
        changed += former != text
    return changed


def test_files_of_a_set(generator, classifier, few_ckplus48, tmp_path):
    out = str(tmp_path / 'set')
    text = synthesize(*generator, out,
                      GenerationOptions(per_class=5, batch_size=4, change=0.),
                      FilterNetworks(*classifier))
    assert '35 images generated' in text
    content = read_provenance(out)
    assert (content['dataset'], content['split'],
            content['fold']) == ('CKPlus48', 'train', 0)
    files = contents(out)
    with open(generator[1], 'rb') as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    training = CKPlus48(few_ckplus48, split='train', fold=0)
    subjects = set(training.get_subjects())
    for row in content['images']:
        assert hashlib.sha256(files[row['path']]).hexdigest() == row['sha256']
        assert row['checkpoint'] == content['checkpoint']['sha256'] == digest
        assert row['config'] == hashlib.sha256(
            generator[0].pretty_text.encode()).hexdigest()
        assert row['source']['subject'] in subjects
        assert osp.isfile(osp.join(few_ckplus48, row['source']['path']))
        assert row['source']['expression'] != row['expression']
        assert set(row['scores']) == {'change', 'classifier'}
        assert row['seed'][0] == 0
        image = cv2.imread(osp.join(out, row['path']), cv2.IMREAD_UNCHANGED)
        assert image.shape == (48, 48) and image.dtype == np.uint8
    pngs = {name for name in files if name.endswith('.png')}
    assert pngs == {r['path']
                    for r in content['images']} | {'contact_sheet.png'}
    report = files['report.md'].decode()
    assert 'licence' in report and str(tmp_path) not in report
    assert str(tmp_path).encode() not in files['provenance.json']
    faces = GeneratedFaces(out, fold=0)
    assert np.bincount(faces.get_gt_labels()).tolist() == [5] * 7


def test_images_are_the_output_of_the_model(generator, tmp_path):
    from mmfermtl.engine.checkpoints.model_loading import load_model
    from mmfermtl.utils.decoding.face_decoding import decode_face
    cfg, path = generator
    out = str(tmp_path / 'set')
    synthesize(cfg, path, out, FEW)
    row = read_provenance(out)['images'][7]
    source = decode_face(
        osp.join(cfg.data_root, row['source']['path']), 'grayscale')
    face = torch.from_numpy(source)[None, None].float() / 127.5 - 1
    with torch.no_grad():
        fake = load_model(cfg, path).network(
            face, [torch.tensor([row['target']])]).fakes[0]
    generated = decode_face(osp.join(out, row['path']), 'grayscale')
    wanted = ((fake[0, 0] + 1) * 127.5).round().clamp(0, 255).numpy()
    assert np.abs(generated - wanted).max() <= 1


def test_interrupted_runs_resume_to_the_same_bytes(generator, classifier,
                                                   tmp_path, monkeypatch):
    """Interrupted after batches, and between images."""
    whole, broken = str(tmp_path / 'whole'), str(tmp_path / 'broken')
    options = GenerationOptions(
        per_class=6, batch_size=4, targets=Targets((0.7, 1.), 0.2))
    run = (*generator, whole, options, FilterNetworks(*classifier))
    synthesize(*run)
    stops = {'write_batch': 2, 'write_image': 9}
    for name, after in stops.items():
        with monkeypatch.context() as patch:
            calls = []
            real = getattr(GeneratedSet, name)

            def stop(self, *args, real=real, calls=calls, after=after):
                calls.append(args)
                if len(calls) > after:
                    raise KeyboardInterrupt
                return real(self, *args)

            patch.setattr(GeneratedSet, name, stop)
            with pytest.raises(KeyboardInterrupt):
                synthesize(*generator, broken, *run[3:])
        assert not osp.isfile(osp.join(broken, 'provenance.json'))
        with pytest.raises(FileNotFoundError, match='has finished'):
            GeneratedFaces(broken, fold=0)
    assert use_former_keys(broken) > 2
    # Finished batches are not generated again.
    generated = []
    real = generation_run.generate_images
    monkeypatch.setattr(
        generation_run, 'generate_images', lambda *args:
        (generated.append(len(args[1])), real(*args))[1])
    synthesize(*generator, broken, *run[3:])
    assert 0 < sum(generated) < sum(
        row['tried'] for row in read_provenance(whole)['counts'].values())
    assert contents(broken) == contents(whole)


def test_finished_sets_are_not_changed(generator, tmp_path):
    out = str(tmp_path / 'set')
    synthesize(*generator, out, FEW)
    before = contents(out)
    assert 'nothing to do' in synthesize(*generator, out, FEW)
    row = read_provenance(out)['images'][3]
    with open(osp.join(out, row['path']), 'wb') as file:
        file.write(b'damaged')
    assert '35 images generated' in synthesize(*generator, out, FEW)
    assert contents(out) == before


def test_sets_that_do_not_record_what_folds_are_over(generator, tmp_path):
    out = str(tmp_path / 'set')
    synthesize(*generator, out, FEW)
    content = read_provenance(out)
    assert content.pop('fold_over') == 'selected'
    with open(osp.join(out, 'provenance.json'), 'wb') as file:
        file.write(format_provenance(content))
    assert len(GeneratedFaces(out, fold=0, classes=6)) == 30
    assert 'nothing to do' in synthesize(*generator, out, FEW)


def test_sources_have_their_namespace():
    leaf = dict(
        type='mmfermtl.SyntheticFaces',
        num_subjects=3,
        split='all',
        render_seed=1)
    cfg = Config(dict(test_dataloader=dict(dataset=dict(leaf, pipeline=[]))))
    assert SourceImages(cfg, leaf).describe(0)['space'] == 'SyntheticFaces-1'
    leaf.update(render_seed=0)
    assert 'space' not in SourceImages(cfg, leaf).describe(0)


def test_sets_of_the_first_version(generator, classifier, tmp_path):
    out = str(tmp_path / 'set')
    run = (*generator, out, FEW, FilterNetworks(*classifier))
    synthesize(*run)
    content = read_provenance(out)
    assert use_former_keys(out) == 1
    assert read_provenance(out) == content
    assert len(GeneratedFaces(out, fold=0)) == 35
    assert 'nothing to do' in synthesize(*run)


def test_other_options_need_another_folder(generator, tmp_path):
    out = str(tmp_path / 'set')
    synthesize(*generator, out, FEW)
    more = GenerationOptions(per_class=6, batch_size=4, seed=1)
    with pytest.raises(UserError, match='was generated with other arguments'):
        synthesize(*generator, out, more)
    synthesize(*generator, out, more, overwrite=True)
    fresh = str(tmp_path / 'fresh')
    synthesize(*generator, fresh, more)
    assert contents(out) == contents(fresh)


def test_folders_with_other_files_are_not_touched(generator, tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    with pytest.raises(UserError, match='found thesis.txt'):
        synthesize(*generator, str(tmp_path), FEW, overwrite=True)
    assert os.listdir(tmp_path) == ['thesis.txt']


def test_equal_pads_each_class(generator, few_ckplus48, tmp_path):
    out = str(tmp_path / 'set')
    synthesize(*generator, out)
    real = CKPlus48(few_ckplus48, split='train', fold=0).get_gt_labels()
    both = np.bincount(real) + np.bincount(
        GeneratedFaces(out, fold=0).get_gt_labels(), minlength=7)
    assert len(set(both.tolist())) == 1


def test_filters_that_refuse_all(generator, classifier, tmp_path):
    out = str(tmp_path / 'set')
    text = synthesize(*generator, out,
                      GenerationOptions(per_class=2, agreement=1., change=1.),
                      FilterNetworks(*classifier))
    assert 'anger: 0 of 2 wanted' in text and '0 images generated' in text
    content = read_provenance(out)
    assert content['images'] == []
    counts = content['counts']['fear']
    assert counts['refused_images'] == counts['tried'] > 0
    assert counts['refused']['classifier'] == counts['refused']['copy']
    with pytest.raises(ValueError, match='none of 0 images'):
        GeneratedFaces(out, fold=0)


@pytest.mark.parametrize('name, options, words', [
    ('fermtl_ckplus48.py', dict(fold=1), 'fold: 1 there, 0 here'),
    ('fermtl_ckplus48.py',
     dict(cfg_options={'train_dataloader.dataset.split': 'all'}),
     "split: 'all' there"),
    ('fermtl_ckplus48.py',
     dict(
         cfg_options={'train_dataloader.dataset.fold_rule': 'contiguous'},
         allow_new_keys=True), "fold_rule: 'contiguous' there"),
    ('fer_ckplus48.py', dict(), 'does not fit'),
])
def test_generators_that_may_know_the_test_subjects(generator, few_ckplus48,
                                                    tmp_path, name, options,
                                                    words):
    """Trained on another fold than the config that is given."""
    _, path = trained(name, tmp_path / 'a.pth', few_ckplus48, **options)
    with pytest.raises(ValueError, match=words):
        synthesize(generator[0], path, str(tmp_path / 'set'), FEW)
    assert not osp.exists(tmp_path / 'set')


def test_classifier_of_another_fold(generator, few_ckplus48, tmp_path):
    classifier = trained(
        'fer_ckplus48.py', tmp_path / 'a.pth', few_ckplus48, fold=4)
    with pytest.raises(
            ValueError,
            match=r'the evaluation classifier .* \(fold: 4 there, 0 here\)'):
        synthesize(*generator, str(tmp_path / 'set'), FEW,
                   FilterNetworks(*classifier))


def test_bare_weights_are_refused(generator, tmp_path):
    bare = str(tmp_path / 'bare.pth')
    torch.save(torch.load(generator[1])['state_dict'], bare)
    with pytest.raises(UserError, match='does not record'):
        synthesize(generator[0], bare, str(tmp_path / 'set'), FEW)


def test_models_without_a_generator(classifier, tmp_path):
    with pytest.raises(UserError, match='no generator'):
        synthesize(*classifier, str(tmp_path / 'set'), FEW)


@pytest.mark.parametrize('options, words', [
    (dict(seed=-1), '--seed -1'),
    (dict(batch_size=0), '--batch-size 0'),
    (dict(targets=Targets((0.4, 1.))), '--intensity 0.4'),
    (dict(targets=Targets((1., 0.9))), 'smaller one first'),
    (dict(targets=Targets((0.7, 1.), 0.5)), '--mixture 0.5'),
    (dict(agreement=0.5), 'needs --classifier-config'),
    (dict(identity=0.5), 'needs --embedder'),
    (dict(change=2.), '--min-change 2.0'),
    (dict(total=0), '--total 0'),
    (dict(balance='uniform'), 'needs --total'),
    (dict(per_class=3, total=9), '--per-class sets all counts'),
])
def test_contradicting_options(generator, tmp_path, options, words):
    with pytest.raises(UserError, match=words):
        synthesize(*generator, str(tmp_path / 'set'),
                   GenerationOptions(**options))


def test_networks_need_config_and_checkpoint(generator, classifier, tmp_path):
    for networks in (FilterNetworks(classifier[0]),
                     FilterNetworks(classifier_checkpoint=classifier[1])):
        with pytest.raises(UserError, match='go together'):
            synthesize(*generator, str(tmp_path / 'set'), FEW, networks)
