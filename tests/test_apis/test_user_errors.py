import pytest

from mmfermtl.apis import UserError, report_user_errors
from mmfermtl.apis.user_errors import is_user_error
from mmfermtl.visualization.learning_curves import draw_learning_curves


def test_user_error_ends_with_code_2_and_its_message(capsys):
    with pytest.raises(SystemExit) as info, report_user_errors():
        raise UserError('mend it')
    assert info.value.code == 2
    assert capsys.readouterr().err == 'error: mend it\n'


def test_checks_of_the_package_are_user_errors(capsys):
    with pytest.raises(SystemExit) as info, report_user_errors():
        draw_learning_curves([], 'a.png')
    assert info.value.code == 2
    assert 'no epochs to draw to a.png' in capsys.readouterr().err


@pytest.mark.parametrize('bug', [
    lambda: {}['a'], lambda: int('x'), lambda: open('/no/such/file'),
    lambda: draw_learning_curves([dict(train=dict(loss=1.))], 'a.png'),
    lambda: draw_learning_curves(3, 'a.png')
])
def test_bugs_keep_their_traceback(bug):
    with pytest.raises((KeyError, ValueError, OSError, TypeError)) as info:
        with report_user_errors():
            bug()
    assert not is_user_error(info.value)
