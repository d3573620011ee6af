"""`mmfermtl predict` with a tiny network."""
import pytest
from tiny_weights import write_weights

from mmfermtl.cli.main import main


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """The path of published weights of a tiny network."""
    folder = tmp_path_factory.mktemp('weights')
    return write_weights(str(folder / 'tiny.safetensors'))


@pytest.fixture
def predict(weights, tmp_path, monkeypatch):
    """Run the subcommand in an empty folder; return its exit code."""
    monkeypatch.chdir(tmp_path)
    # No detector that happens to be on this machine.
    monkeypatch.setenv('MMFERMTL_FACE_MODEL', str(tmp_path / 'no_model.onnx'))

    def run(*words, faces='whole'):
        options = ['--model', weights, '--device', 'cpu']
        if faces:
            options += ['--faces', faces]
        try:
            return main(['predict', *words, *options])
        except SystemExit as end:
            return end.code

    return run
