"""Check that training and test data have nothing in common."""
import argparse
import sys

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file
from mmfermtl.utils.tool_arguments import add_config_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Check that training and test data share no subject, no '
        'sequence, no file and no copy of an image. All folds are checked '
        'unless --fold names one. Exit code: 0 clean, 1 leaks found, 2 the '
        'check could not be made.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--correlation',
        type=float,
        default=0.88,
        help='least correlation of the details of two copies (default: 0.88)')
    parser.add_argument(
        '--out', metavar='FILE.json', help='file for all findings')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> int:
    """Run the tool, and return its exit code."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.leak_check import check_leaks
    from mmfermtl.analysis.leak_report import format_leaks
    from mmfermtl.apis import load_config
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    if args.out is not None:
        check_output_file('--out', args.out)
    report = check_leaks(cfg, args.fold is None, args.correlation)
    print(format_leaks(report))
    if args.out is not None:
        write_json(args.out, report)
    return 1 if report['leaks'] else 0


if __name__ == '__main__':
    with report_user_errors():
        sys.exit(main())
