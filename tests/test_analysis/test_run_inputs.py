"""Checksums of the weights and generated sets of a run."""
import hashlib

from mmengine.config import Config

from mmfermtl.analysis.cross_validation.report import _inputs
from mmfermtl.analysis.cross_validation.single_run import describe_inputs
from mmfermtl.utils.contained_files import file_sha256
from mmfermtl.utils.safe_loading import find_published


def test_weights_and_generated_sets(tmp_path):
    generated = tmp_path / 'generated'
    generated.mkdir()
    (generated / 'provenance.json').write_text('{}')
    weights = tmp_path / 'a.pth'
    weights.write_bytes(b'weights')
    real = dict(type='mmfermtl.CKPlus48', data_root=str(tmp_path))
    cfg = Config(
        dict(
            load_from=str(tmp_path / 'absent.pth'),
            pretrained='fer_tiny_ferplus',
            default_hooks=dict(load_parts=dict(checkpoint=str(weights))),
            train_dataloader=dict(
                dataset=dict(
                    type='mmengine.ConcatDataset',
                    datasets=[
                        real,
                        dict(
                            type='mmfermtl.GeneratedFaces',
                            data_root=str(generated))
                    ]))))
    shipped = find_published('fer_tiny_ferplus')
    assert describe_inputs(cfg) == {
        'fer_tiny_ferplus': file_sha256(shipped),
        str(weights): hashlib.sha256(b'weights').hexdigest(),
        str(generated): hashlib.sha256(b'{}').hexdigest()
    }


def test_each_file_is_listed_once():
    runs = [
        dict(inputs={
            'a.pth': '1',
            'fold_0': '5'
        }),
        dict(inputs={
            'a.pth': '1',
            'fold_1': '6'
        }),
        dict(inputs={'a.pth': '2'}),
        dict()  # of an earlier version
    ]
    assert _inputs(runs) == [('input a.pth', '1, 2'), ('input fold_0', '5'),
                             ('input fold_1', '6')]
