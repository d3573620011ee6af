import io
import logging
import sys
from contextlib import redirect_stdout

import pytest
from mmengine.hooks import Hook
from rich.console import Console
from toy_parts import InterruptHook
from toy_runs import build_runner

from mmfermtl.engine.hooks import progress_bar_hook

HIDE_CURSOR, SHOW_CURSOR = '\x1b[?25l', '\x1b[?25h'


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True


def build(config_path, work_dir, resume=False, **options):
    return build_runner(
        config_path,
        work_dir,
        resume,
        custom_hooks=[dict(type='mmfermtl.ProgressBarHook')],
        **options)


def find_hook(runner):
    return next(
        h for h in runner.hooks if type(h).__name__ == 'ProgressBarHook')


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of 100 columns, to be made standard output by the test."""
    monkeypatch.setenv('TERM', 'xterm')
    monkeypatch.setattr(progress_bar_hook, 'Console',
                        lambda: Console(width=100, force_terminal=True))
    return Terminal()


def test_bar_reaches_the_end_on_a_terminal(toy_config, work_dir, terminal):
    with redirect_stdout(terminal):
        runner = build(toy_config, work_dir)
        runner.train()
        assert sys.stdout is terminal
    shown = terminal.getvalue()
    assert '100%' in shown
    assert 'trained' in shown
    hook = find_hook(runner)
    assert hook.progress is None
    # The terminal and the logger are as before.
    assert shown.rindex(SHOW_CURSOR) > shown.rindex(HIDE_CURSOR)
    streams = [
        h.stream for h in runner.logger.handlers
        if type(h) is logging.StreamHandler
    ]
    assert streams == [terminal]


def test_log_lines_stay_whole(toy_config, work_dir, terminal):

    class Speak(Hook):

        def after_train_iter(self, runner, batch_idx, data_batch, outputs):
            runner.logger.info(f'said {runner.iter}')

    with redirect_stdout(terminal):
        runner = build(toy_config, work_dir)
        runner.register_hook(Speak())
        runner.train()
    lines = terminal.getvalue().split('\n')
    for i in range(6):
        assert sum(line.rstrip().endswith(f'said {i}') for line in lines) == 1


def test_bar_names_epoch_and_counts_iterations(toy_config, work_dir, terminal):
    runner = build(toy_config, work_dir)
    hook = find_hook(runner)
    seen = []

    class Watch(Hook):
        priority = 'LOWEST'

        def after_train_iter(self, runner, batch_idx, data_batch, outputs):
            task = hook.progress.task
            seen.append((task.description, task.completed, task.total))

    runner.register_hook(Watch())
    runner.train()
    assert seen[0] == ('epoch 1/2', 1, 6)
    assert seen[-1] == ('epoch 2/2', 6, 6)


def test_resumed_bar_starts_at_the_iteration_of_the_run(
        toy_config, work_dir, terminal):
    build(toy_config, work_dir).train()
    runner = build(
        toy_config, work_dir, resume=True, **{'train_cfg.max_epochs': 4})
    hook = find_hook(runner)
    seen = []

    class Watch(Hook):
        priority = 'LOWEST'

        def before_train(self, runner):
            seen.append(hook.progress.task.completed)

    runner.register_hook(Watch())
    runner.train()
    assert seen == [6]


def test_interrupted_bar_restores_the_terminal(toy_config, work_dir, terminal):
    with redirect_stdout(terminal):
        runner = build(toy_config, work_dir)
        runner.register_hook(InterruptHook(1))
        with pytest.raises(KeyboardInterrupt):
            runner.train()
        assert sys.stdout is not terminal
        # What the interpreter calls at its exit.
        find_hook(runner)._stop()
        assert sys.stdout is terminal
    assert SHOW_CURSOR in terminal.getvalue()


def test_nothing_is_printed_without_a_terminal(toy_config, work_dir,
                                               monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, 'stdout', stream)
    for name in ('FORCE_COLOR', 'TTY_COMPATIBLE'):
        monkeypatch.delenv(name, raising=False)
    runner = build(toy_config, work_dir)
    runner.train()
    assert find_hook(runner).progress is None
    assert '%' not in stream.getvalue()
