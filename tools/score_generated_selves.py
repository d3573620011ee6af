"""Measure what generated faces tell about the recognition of a face."""
import argparse

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file, report_write_errors
from mmfermtl.utils.tool_arguments import (add_classifier_arguments,
                                           add_config_arguments, parse_named)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Generate every expression of faces that a model was not '
        'trained on. Risk-coverage: do the face and its generated selves '
        'tell which predictions are wrong, better than the score? Deletion: '
        'does the probability fall more if the regions are blurred that '
        'another expression would change, than elsewhere?')
    add_classifier_arguments(parser)
    parser.add_argument(
        '--val',
        action='store_true',
        help='on the validation set of the config, not on its test set')
    parser.add_argument(
        '--also',
        nargs='+',
        default=[],
        metavar='NAME=CONFIG[,DATA_ROOT]',
        help='on all images of other datasets, too, with classes matched by '
        'name')
    parser.add_argument(
        '--out', metavar='FILE.json', help='file for all numbers')
    parser.add_argument('--device', default='cpu', help='default: cpu')
    parser.add_argument('--batch-size', type=int, default=32)
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    if args.batch_size < 1:
        raise UserError(f'--batch-size {args.batch_size}: expected 1 or more')
    named = parse_named('--also', args.also, 2, 1)
    if args.out is not None:
        check_output_file('--out', args.out)
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.generated_selves.measure_selves import (
        format_selves, measure_selves)
    from mmfermtl.analysis.trained_classifier import load_classifier
    from mmfermtl.apis import load_config
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    sets = [('val' if args.val else 'test', cfg, 'val' if args.val else 'test')
            ]
    sets += [
        (name,
         load_config(parts[0],
                     data_root=parts[1] if len(parts) > 1 else None), 'all')
        for name, parts in named
    ]
    trained = load_classifier(cfg, args.checkpoint)
    trained.model.to(args.device)
    measured = [
        measure_selves(trained, *one, batch_size=args.batch_size)
        for one in sets
    ]
    print(format_selves(measured))
    if args.out is not None:
        with report_write_errors('--out', args.out):
            write_json(args.out, measured)
        print(f'\nwritten: {args.out}')


if __name__ == '__main__':
    with report_user_errors():
        main()
