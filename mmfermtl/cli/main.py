"""The console script ``mmfermtl``.

A subcommand is a module ``<name>_command`` with ``HELP``, a sentence,
``add_arguments(parser)`` and ``run(args)``, which returns the exit code: 0; 1
if something failed; 2 for wrong use. Only the chosen one is run; none may
import anything heavy before ``run``.
"""
import argparse
import sys
import warnings
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import List, Optional, Sequence

from ..stack import StackError
from ..utils.errors import UserError, report_user_errors
from ..version import __version__

SUBCOMMANDS = ('predict', 'edit', 'explain', 'webcam', 'web', 'export',
               'doctor', 'setup')
DESCRIPTION = ('Read and edit facial expressions with one network, offline. '
               'An expression is what a face shows, not what someone feels.')
PACKAGE = __name__.rpartition('.')[0]
ADVICE = 'what was written stays'


def list_commands() -> List[str]:
    """List the subcommands that this installation has."""
    return [
        name for name in SUBCOMMANDS
        if find_spec(f'{PACKAGE}.{name}_command') is not None
    ]


def build_parser(names: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser of some subcommands, whose modules are imported."""
    parser = argparse.ArgumentParser(prog='mmfermtl', description=DESCRIPTION)
    parser.add_argument(
        '--version', action='version', version=f'mmfermtl {__version__}')
    choices = parser.add_subparsers(
        dest='command', metavar='COMMAND', required=True)
    for name in names:
        module = import_module(f'{PACKAGE}.{name}_command')
        sub = choices.add_parser(
            name, help=module.HELP, description=module.HELP)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run, parser=sub)
    return parser


def _describe_unknown(parser: argparse.ArgumentParser,
                      words: Sequence[str]) -> str:
    """Write the message for words that a subcommand does not take."""
    text = f'unrecognized arguments: {" ".join(words)}'
    known = [o for a in parser._actions for o in a.option_strings]
    for word in words:
        close = get_close_matches(word.partition('=')[0], known, 1)
        if close:
            return f'{text}; did you mean {close[0]}?'
    return text


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the command.

    Args:
        arguments (Sequence[str], optional): Words of the command line.
            Defaults to None, those of this process.

    Returns:
        int: The exit code: 0; 1 if something failed.

    Raises:
        SystemExit: With code 2 for wrong use, 130 after Ctrl-C, 143 after
            SIGTERM.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    names = list_commands()
    # The help of all lists all; else only the chosen one is imported.
    chosen = [name for name in words[:1] if name in names]
    args, unknown = build_parser(chosen or names).parse_known_args(words)
    if unknown:
        # By the subcommand, whose usage is shown then.
        args.parser.error(_describe_unknown(args.parser, unknown))
    # MMCV's of a layer that is not used here.
    warnings.filterwarnings('ignore', message='Fail to import')
    with report_user_errors(ADVICE):
        if getattr(args, 'out', None) == '':
            raise UserError("--out '': expected a path")
        try:
            return int(args.run(args) or 0)
        except (ImportError, StackError) as error:
            # An optional package that this subcommand needs.
            name = getattr(error, 'name', None) or ''
            if name.startswith(PACKAGE.partition('.')[0]):
                raise
            print(f'error: {error}', file=sys.stderr)
            # As OpenCV without a library of the system.
            if 'cannot open shared object' in str(error):
                print(
                    '`mmfermtl doctor` says what needs it and how to get it',
                    file=sys.stderr)
            return 1
