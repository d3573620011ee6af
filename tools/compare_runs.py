"""Compare two cross-validations."""
import argparse

from mmfermtl.utils.atomic_files import write_whole
from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.output_files import check_output_file


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Compare two cross-validations on the same samples, '
        'paired by seed, fold and sample: the differences are B minus A')
    parser.add_argument('a', metavar='A', help='folder of a cross-validation')
    parser.add_argument('b', metavar='B', help='folder of another one')
    parser.add_argument(
        '--selection',
        default='last',
        choices=['last', 'tta', 'nested', 'validation'],
        help='which epoch to compare, and on what; see the card of a '
        'cross-validation (default: last)')
    parser.add_argument('--out', metavar='FILE.md', help='file for the report')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.cross_validation import (compare_runs,
                                                    format_comparison)
    if args.out is not None:
        check_output_file('--out', args.out)
    text = format_comparison(compare_runs(args.a, args.b, args.selection))
    print(text)
    if args.out is not None:
        write_whole(args.out, f'{text}\n'.encode())


if __name__ == '__main__':
    with report_user_errors():
        main()
