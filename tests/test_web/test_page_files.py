"""What the private page consists of."""
import json
import os
import re

import pytest
from toy_exports import CLASSES, toy_calibration, write_toy_export

from mmfermtl.utils.errors import UserError
from mmfermtl.utils.web_runtime import FILES as RUNTIME_FILES
from mmfermtl.web import page_files
from mmfermtl.web.page_export import export_page
from mmfermtl.web.page_files import CONTENT_POLICY, STATIC, collect_page


@pytest.fixture(autouse=True)
def brought(tmp_path, monkeypatch):
    """What is brought from elsewhere, in its place."""
    folder = tmp_path / 'runtime'
    folder.mkdir()
    for name in (*map(os.path.basename, RUNTIME_FILES), 'LICENSE'):
        (folder / name).write_bytes(name.encode())
    monkeypatch.setattr(page_files, 'find_web_runtime', lambda: str(folder))
    monkeypatch.setattr(page_files, 'find_face_model', lambda: ('', b'yunet'))


def test_all_files(tmp_path):
    model = write_toy_export(str(tmp_path / 'model'))
    (tmp_path / 'model' / 'MODEL_CARD.md').write_text('card')
    (tmp_path / 'model' / 'secret.txt').write_text('not of the page')
    files = collect_page(model)
    assert set(files) == {
        *os.listdir(STATIC), 'settings.json', 'detector/face_detector.onnx',
        'model/model.json', 'model/MODEL_CARD.md', 'model/recogniser.onnx',
        'model/encoder.onnx', 'model/decoder.onnx', 'runtime/LICENSE.txt',
        'runtime/ort.wasm.min.mjs', 'runtime/ort-wasm-simd-threaded.mjs',
        'runtime/ort-wasm-simd-threaded.wasm'
    }
    assert files['detector/face_detector.onnx'].content == b'yunet'
    for path, kind in (('page.js', 'text/javascript'),
                       ('runtime/ort.wasm.min.mjs', 'text/javascript'),
                       ('runtime/ort-wasm-simd-threaded.wasm',
                        'application/wasm'), ('page.css', 'text/css'),
                       ('model/model.json', 'application/json')):
        assert files[path].mime_type.split(';')[0] == kind
    about = json.loads(files['model/model.json'].content)
    assert about['classes'] == CLASSES
    settings = json.loads(files['settings.json'].content)
    assert settings['crop'] == dict(eye_distance=0.369, eye_line=0.374)
    assert settings['coverage'] == 0.9 and 'mmfermtl' in settings['mark']
    prepared = json.loads(
        collect_page(model, 'prepared')['settings.json'].content)
    assert prepared['crop']['eye_distance'] == pytest.approx(1 / 3)


def test_names_of_the_folder_are_not_used(tmp_path):
    """A stranger's model.json chooses no path of the page."""
    folder = tmp_path / 'model'
    write_toy_export(str(folder))
    about = json.loads((folder / 'model.json').read_text())
    (folder / 'recogniser.onnx').rename(folder / 'page.js')
    about['files']['recogniser']['path'] = 'page.js'
    (folder / 'model.json').write_text(json.dumps(about))
    files = collect_page(str(folder))
    assert files['page.js'].content.startswith(b'// The page')
    about = json.loads(files['model/model.json'].content)
    assert about['files']['recogniser']['path'] == 'recogniser.onnx'


def test_models_that_do_not_fit(tmp_path):
    for number, (changes, message) in enumerate([
        (dict(parts=('encoder', 'decoder')), 'has no recogniser'),
        (dict(image_size=[32, 40]), 'expected square ones'),
    ]):
        folder = write_toy_export(str(tmp_path / str(number)), **changes)
        with pytest.raises(UserError, match=message):
            collect_page(folder)
    folder = write_toy_export(
        str(tmp_path / 'calibrated'), toy_calibration(0.7))
    assert 'settings.json' in collect_page(folder)
    with pytest.raises(UserError, match='coverage of 0.8'):
        collect_page(folder, coverage=0.8)
    with open(os.path.join(folder, 'decoder.onnx'), 'ab') as file:
        file.write(b'0')
    with pytest.raises(UserError, match='decoder.onnx'):
        collect_page(folder)


def test_recogniser_alone(tmp_path):
    folder = write_toy_export(str(tmp_path / 'model'), parts=('recogniser', ))
    assert 'model/decoder.onnx' not in collect_page(folder)


def test_markup_needs_nothing_from_elsewhere(tmp_path):
    """No address of another host, nothing inline, ids that are asked for."""
    files = collect_page(write_toy_export(str(tmp_path / 'model')))
    markup = files['index.html'].content.decode()
    assert f'content="{CONTENT_POLICY}"' in markup
    assert not re.search(r'<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)',
                         markup)
    ids = re.findall(r'\sid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    for name in re.findall(r'\s(?:for|aria-labelledby)="([^"]+)"', markup):
        assert name in ids
    own = [name for name in os.listdir(STATIC) if not name.endswith('.svg')]
    for name in own:
        text = files[name].content.decode()
        assert not re.search(r'https?:|url\(|@import\s', text), name
        assert not re.search(r'innerHTML|eval\(|document\.write', text), name
        for asked in re.findall(r"(?:byId|ElementById)\('([^']+)'\)", text):
            assert asked in ids, (name, asked)
        for path in re.findall(r"from '\./([^']+)'", text):
            assert path in files, (name, path)


def test_export(tmp_path):
    files = collect_page(write_toy_export(str(tmp_path / 'model')))
    out = tmp_path / 'out'
    assert export_page(files, str(out)) == sum(
        len(file.content) for file in files.values())
    written = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob('*') if path.is_file()
    }
    assert written == {path: file.content for path, file in files.items()}
    # Again, as after an update.
    export_page(files, str(out))


def test_export_touches_no_other_folder(tmp_path):
    files = collect_page(write_toy_export(str(tmp_path / 'model')))
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'mine.txt').touch()
    with pytest.raises(UserError, match='holds other files'):
        export_page(files, str(tmp_path / 'full'))
    assert os.listdir(tmp_path / 'full') == ['mine.txt']
    with pytest.raises(UserError, match='this is a file'):
        export_page(files, str(tmp_path / 'full' / 'mine.txt'))


def test_export_removes_what_is_no_longer_part(tmp_path):
    out = tmp_path / 'out'
    export_page(
        collect_page(write_toy_export(str(tmp_path / 'model'))), str(out))
    (out / 'CNAME').write_text('of the host')
    alone = collect_page(
        write_toy_export(str(tmp_path / 'alone'), parts=('recogniser', )))
    export_page(alone, str(out))
    assert {
        path.relative_to(out).as_posix()
        for path in out.rglob('*') if path.is_file()
    } == {*alone, 'CNAME'}


@pytest.mark.parametrize(
    'text', ['{}', '{"crop": {}}', '[]', '{"crop": {}, "mark": "other"}', ''])
def test_settings_of_others_are_kept(tmp_path, text):
    files = collect_page(write_toy_export(str(tmp_path / 'model')))
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'settings.json').write_text(text)
    with pytest.raises(UserError, match='holds other files'):
        export_page(files, str(tmp_path / 'full'))
    assert (tmp_path / 'full' / 'settings.json').read_text() == text


def test_a_card_that_leads_outside_is_refused(tmp_path):
    model = write_toy_export(str(tmp_path / 'model'))
    (tmp_path / 'secret').write_text('mine')
    (tmp_path / 'model' / 'MODEL_CARD.md').symlink_to(tmp_path / 'secret')
    with pytest.raises(UserError, match='link .* outside'):
        collect_page(model)
