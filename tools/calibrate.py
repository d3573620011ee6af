"""Calibrate the probabilities of a model."""
import argparse
import os.path as osp
from typing import List

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file, report_write_errors
from mmfermtl.utils.tool_arguments import (add_classifier_arguments,
                                           add_config_arguments, parse_named)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Fit a temperature, and the thresholds of sets of classes '
        'that hold the truth as often as asked for, on subjects that the '
        "model was not trained on: the split 'val' of the config's dataset, "
        "or 'inner_val' of folds. Writes OUT, a figure beside it, and the "
        'report that it prints.')
    add_classifier_arguments(parser)
    parser.add_argument(
        '--out',
        required=True,
        metavar='FILE.json',
        help='file to write, such as calibration.json')
    parser.add_argument(
        '--coverage',
        nargs='+',
        type=float,
        default=[0.8, 0.9, 0.95],
        metavar='SHARE',
        help='how often a set shall hold the truth (default: 0.8 0.9 0.95)')
    parser.add_argument(
        '--test',
        action='store_true',
        help='measure on the test set of the config, too')
    parser.add_argument(
        '--also',
        nargs='+',
        default=[],
        metavar='NAME=CONFIG[,DATA_ROOT]',
        help='measure on all images of other datasets, too, with classes '
        'matched by name')
    parser.add_argument('--device', default='cpu', help='default: cpu')
    parser.add_argument('--batch-size', type=int, default=64)
    add_config_arguments(parser)
    return parser.parse_args()


def check_coverages(values: List[float]) -> List[float]:
    """Sort the coverages, and refuse those that cannot be promised."""
    for value in values:
        if not 0.5 <= value <= 0.999 or round(value, 4) != value:
            raise UserError(f'--coverage {value:g}: expected a share from 0.5 '
                            'to 0.999 with at most four digits, such as 0.9')
    return sorted(set(values))


def main() -> None:
    """Run the tool."""
    args = parse_args()
    coverages = check_coverages(args.coverage)
    if args.batch_size < 1:
        raise UserError(f'--batch-size {args.batch_size}: expected 1 or more')
    if not args.out.endswith('.json'):
        raise UserError(f'--out {args.out}: expected a name that ends in '
                        '.json')
    named = parse_named('--also', args.also, 2, 1)
    taken = ['validation', 'test', *(name for name, _ in named)]
    if len(set(taken)) < len(taken):
        raise UserError(f'--also: a name is given twice in {", ".join(taken)}')
    figure = f'{osp.splitext(args.out)[0]}.png'
    check_output_file('--out', args.out)
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.calibration.calibrate_model import (OtherSet,
                                                               calibrate_model)
    from mmfermtl.analysis.calibration.calibration_curves import list_curves
    from mmfermtl.analysis.calibration.calibration_report import format_report
    from mmfermtl.analysis.trained_classifier import load_classifier
    from mmfermtl.apis import load_config
    from mmfermtl.visualization.reliability_diagram import draw_reliability
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    others = [
        OtherSet(
            name,
            load_config(
                parts[0], data_root=parts[1] if len(parts) > 1 else None))
        for name, parts in named
    ]
    trained = load_classifier(cfg, args.checkpoint)
    trained.model.to(args.device)
    run = calibrate_model(trained, cfg, coverages, args.test, others,
                          args.batch_size)
    with report_write_errors('--out', args.out):
        write_json(args.out, run.document)
        draw_reliability(list_curves(run), figure)
    print(format_report(run.document))
    print(f'\nwritten: {args.out} and {osp.basename(figure)}')


if __name__ == '__main__':
    with report_user_errors():
        main()
