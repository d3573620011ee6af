"""Without PyTorch and MMEngine, all but the PyTorch backend can be used."""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from light_installation import BLOCK, BLOCK_MMENGINE
from toy_exports import CLASSES, write_toy_export

from mmfermtl.inference.edited_pictures import save_marked
from mmfermtl.inference.film_writer import FilmWriter

ROOT = Path(__file__).resolve().parents[2]


def run_light(code, block=BLOCK, cwd=ROOT):
    return subprocess.run([sys.executable, '-c', block + code],
                          cwd=cwd,
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
    assert ('model fermtl_tiny_ferplus: is not the folder of an exported '
            'model, so it needs torch, mmengine, mmcv, not installed here: '
            'pip install "mmfermtl[onedl]"') in result.stderr
    assert 'Traceback' not in result.stderr


PROGRAM = '''
import json
import numpy as np
from mmfermtl.cli.main import main
from mmfermtl.inference import load_backend
print(load_backend('model').predict(np.zeros((2, 32, 32), np.uint8)).shape)
def run(words):
    try:
        return main(words)
    except SystemExit as end:
        return end.code
codes = list(map(run, WORDS))
print(codes, sorted({m.split('.')[0] for m in sys.modules} & set(BLOCKED)))
print('doctor:')
main(['doctor', '--json'])
'''


@pytest.mark.parametrize(
    'block', [BLOCK, BLOCK_MMENGINE], ids=['without', 'with'])
def test_commands_read_by_an_exported_model(block, tmp_path):
    """Without MMEngine and MMCV, whether PyTorch is there or not."""
    write_toy_export(str(tmp_path / 'model'))
    face = np.full((40, 40, 3), 99, np.uint8)
    save_marked(str(tmp_path / 'a.png'), face)
    with FilmWriter(str(tmp_path / 'a.mp4'), 10.) as writer:
        writer.write(face, 0.)
    model = ['--model', 'model', '--faces', 'whole']
    words = [['predict', 'a.png', *model], ['edit', 'a.png', *model],
             ['webcam', 'a.mp4', '--no-show', '--out', 'rows', *model],
             ['predict', 'a.png'], ['export', 'a', '--out', 'b'], ['web']]
    result = run_light(f'WORDS = {words}\n{PROGRAM}', block, tmp_path)
    commands, report = result.stdout.split('doctor:\n')
    lines = commands.splitlines()
    assert lines[0] == f'(2, {len(CLASSES)})', result.stderr
    assert lines[-1] == '[0, 0, 0, 2, 1, 1] []', result.stderr
    errors = [e for e in result.stderr.splitlines() if e.startswith('error:')]
    missing = 'torch, ' * (block == BLOCK) + 'mmengine, mmcv, not installed'
    assert len(errors) == 3 and all(missing in e for e in errors)
    found = {check['name']: check for check in json.loads(report)['checks']}
    assert found['networks run by']['found'] == 'ONNX Runtime'
    assert all('not run:' in check['found'] and check['status'] == 'note'
               for check in found.values() if check['group'] == 'self-test')
