"""Export a network to ONNX."""
import argparse
import sys

from mmfermtl.cli import export_command
from mmfermtl.utils.errors import report_user_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write a network as ONNX files that run without PyTorch, '
        'as `mmfermtl export` does, with model.json and a model card. They '
        'are compared with the network before they are kept.')
    export_command.add_arguments(parser)
    return parser.parse_args()


if __name__ == '__main__':
    arguments = parse_args()
    with report_user_errors('nothing was written'):
        code = export_command.run(arguments)
    sys.exit(code)
