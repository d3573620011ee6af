"""The bar and the lines of long jobs."""
import io
from contextlib import closing

from rich.console import Console

from mmfermtl.utils.progress import Progress, format_duration


def make(total, terminal=False, **options):
    """A job whose clock the test sets, and its output."""
    now, stream = [0.], io.StringIO()
    console = Console(file=stream, width=100, force_terminal=terminal)
    progress = Progress(
        total, 'preparing', console=console, clock=lambda: now[0], **options)
    return progress, now, stream


def test_lines():
    progress, now, stream = make(100)
    for second in range(1, 11):
        now[0] = second
        progress.advance(5)
    assert stream.getvalue().splitlines() == [
        'preparing: 25/100 images, 5.0 images/s, 0:00:15 left',
        'preparing: 50/100 images, 5.0 images/s, 0:00:10 left'
    ]
    now[0] = 11
    progress.advance(50)
    progress.update(completed=100)
    progress.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3 and '100/100' in lines[-1]


def test_an_unknown_total_is_left_out():
    progress, now, stream = make(None, unit='frames')
    for now[0] in (3, 6):
        progress.advance(3)
    assert stream.getvalue() == 'preparing: 6 frames, 1.0 frames/s\n'
    progress, now, stream = make(None, terminal=True, unit='frames')
    with closing(progress):
        now[0] = 1.
        progress.advance(3)
    shown = stream.getvalue()
    assert '3 frames' in shown and 'None' not in shown and 'left' not in shown


def test_steps_that_were_done_before_are_no_speed():
    progress, now, stream = make(100, completed=90, unit='epochs', window=999.)
    assert str(progress) == 'preparing: 90/100 epochs'
    for now[0] in (100., 200.):
        progress.advance(1)
    # Slow speeds are not shown.
    assert str(progress) == 'preparing: 92/100 epochs, 0:13:20 left'


def test_the_bar_of_a_terminal():
    progress, now, stream = make(20, terminal=True)
    with closing(progress):
        now[0] = 1.
        progress.advance(10)
        progress.print('[1/4] a line that stays')
        progress.update(description='validating')
        now[0] = 2.
        progress.advance(10)
    shown = stream.getvalue()
    for words in ('50%', '10/20 images', '[1/4] a line that stays\n',
                  'validating', '100%'):
        assert words in shown
    # The cursor is shown again.
    assert shown.rindex('\x1b[?25h') > shown.rindex('\x1b[?25l')


def test_durations():
    assert format_duration(3725.6) == '1:02:06'
