"""Without PyTorch and MMEngine, all but the PyTorch backend can be used."""
import subprocess
import sys
from pathlib import Path

from light_installation import BLOCK

ROOT = Path(__file__).resolve().parents[2]


def run_light(code):
    return subprocess.run([sys.executable, '-c', BLOCK + code],
                          cwd=ROOT,
                          env=dict(PYTHONPATH=f'{ROOT}:{ROOT / "tests"}'),
                          capture_output=True,
                          text=True)


def test_pictures_are_read_and_edited_without_pytorch(tmp_path):
    result = run_light('''
import numpy as np
from fake_faces import FakeBackend, FakeDetector, picture
import mmfermtl.inference.reader_options as options
options.load_backend = lambda *args: FakeBackend()
from mmfermtl.inference import FaceInferencer, ReaderOptions
inferencer = FaceInferencer(ReaderOptions(detector=FakeDetector))
faces = inferencer(picture((10, 20, 60, 255)), edit='all')['predictions'][0]
print(faces[0]['pred_class'], len(faces[0]['fake_imgs']))
print([m for m in sys.modules if m.split('.')[0] in BLOCKED])
''')
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ['surprise 3', '[]']


def test_all_of_the_room_and_of_the_command_can_be_imported():
    result = run_light('''
from importlib import import_module
from pathlib import Path
for path in sorted(Path('mmfermtl').glob('inference/*.py')) + sorted(
        Path('mmfermtl').glob('cli/*.py')):
    if path.stem not in ('torch_backend', '__main__'):
        import_module('.'.join(path.with_suffix('').parts).replace(
            '.__init__', ''))
from mmfermtl.cli.main import main
main(['predict', 'nowhere.png'])
''')
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith('error: input nowhere.png: not found')


def test_a_network_for_pytorch_is_refused_with_a_way_out():
    result = run_light('''
from mmfermtl.cli.main import main
main(['predict', 'docs/images/synthesis_grid.png'])
''')
    assert result.returncode == 2
    assert 'PyTorch is not installed' in result.stderr
    assert 'Traceback' not in result.stderr
