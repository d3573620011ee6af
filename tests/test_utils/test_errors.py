import errno

import pytest

from mmfermtl.apis import UserError, report_user_errors
from mmfermtl.engine.work_dir import name_file_errors
from mmfermtl.utils.errors import is_user_error
from mmfermtl.visualization.learning_curves import draw_learning_curves


def test_user_error_ends_with_code_2_and_its_message(capsys):
    with pytest.raises(SystemExit) as info, report_user_errors():
        raise UserError('fix it')
    assert info.value.code == 2
    assert capsys.readouterr().err == 'error: fix it\n'


def test_checks_of_the_package_are_user_errors(capsys):
    with pytest.raises(SystemExit) as info, report_user_errors():
        draw_learning_curves([], 'a.png')
    assert info.value.code == 2
    assert 'no epochs to draw to a.png' in capsys.readouterr().err


@pytest.mark.parametrize('bug', [
    lambda: {}['a'], lambda: int('x'),
    lambda: draw_learning_curves([dict(train=dict(loss=1.))], 'a.png'),
    lambda: draw_learning_curves(3, 'a.png')
])
def test_bugs_keep_their_traceback(bug):
    with pytest.raises((KeyError, ValueError, OSError, TypeError)) as info:
        with report_user_errors():
            bug()
    assert not is_user_error(info.value)


@pytest.mark.parametrize('path, words', [
    ('gone/file', 'gone/file: No such file or directory; check the path'),
    ('file/below', 'file/below: Not a directory; a part of the path is'),
    ('folder', 'folder: Is a directory; give the name of a file'),
    ('/proc/version', '/proc/version: '),
    ('/dev/full', '/dev/full: No space left on device; free some space'),
])
def test_errors_of_the_file_system_are_sentences(tmp_path, capsys, path,
                                                 words):
    (tmp_path / 'file').touch()
    (tmp_path / 'folder').mkdir()
    target = str(tmp_path / path)
    with pytest.raises(SystemExit) as info, report_user_errors():
        with name_file_errors(target), open(target, 'w') as file:
            file.write('text')
    message = capsys.readouterr().err
    assert info.value.code == 2 and words in message
    assert message.startswith('error: ') and message.count('\n') == 1


def test_two_names_and_a_text_of_its_own(capsys):
    both = OSError(errno.EXDEV, 'Invalid cross-device link', 'a', None, 'b')
    for error, words in ((both, 'error: a -> b: Invalid cross-device link'),
                         (OSError('Traceback ...\nOSError: no such face'),
                          'error: OSError: no such face'),
                         (OSError(errno.EROFS, 'Read-only file system', 'c'),
                          'error: c: Read-only file system; give a place')):
        with pytest.raises(SystemExit), report_user_errors():
            raise error
        assert capsys.readouterr().err.startswith(words)
