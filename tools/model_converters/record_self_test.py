"""Record what `mmfermtl doctor` expects of weights that are shipped."""
import argparse

from mmfermtl.utils.errors import report_user_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Run weights on the rendered face of `mmfermtl doctor`, '
        'and write the probabilities beside them, as NAME.selftest.json.')
    parser.add_argument(
        'weights',
        help='file of publish_model.py, or folder of an exported model')
    parser.add_argument(
        '--tolerance',
        type=float,
        default=0.02,
        help='by how much probabilities may differ on other machines '
        '(default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.cli.checks.self_test import record_path, record_self_test
    record = record_self_test(args.weights, args.tolerance)
    scores = zip(record['classes'], record['probabilities'])
    print(f'{record_path(args.weights)}: ' +
          ', '.join(f'{name} {score:.4f}' for name, score in scores))


if __name__ == '__main__':
    with report_user_errors():
        main()
