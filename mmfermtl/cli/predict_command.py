"""``mmfermtl predict``: expressions of photographs, folders and films."""
import argparse

HELP = 'read the expressions in photographs, folders and films'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument('input', help='photograph, folder, glob or film')


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..inference import load_backend
    load_backend()
    return 0
