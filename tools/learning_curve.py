"""Measure accuracy against the number of training subjects."""
import argparse
import os.path as osp
import sys

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import make_output_folder
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import (add_amp_arguments,
                                           add_config_arguments)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Cross-validate a config with few training subjects. '
        'What was stopped goes on with the same command. Exit code: 0 all '
        'runs are complete, 1 some are not.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--subjects',
        required=True,
        metavar='10,20,40',
        help='numbers of training subjects; all are measured, too')
    parser.add_argument(
        '--draws',
        default='0',
        metavar='0,1,2',
        help='draws of subjects, each of which is a seed, too (default: 0)')
    parser.add_argument(
        '--folds', metavar='0,3', help='folds, counted from 0 (default: all)')
    parser.add_argument(
        '--not-all',
        action='store_true',
        help='do not measure all training subjects')
    parser.add_argument('--jobs', type=int, metavar='N', help='runs at a time')
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='folder for the studies, curve.json and curve.png')
    add_amp_arguments(parser)
    add_config_arguments(parser)
    args = parser.parse_args()
    for name, instead in (('fold', 'folds'), ('seed', 'draws')):
        if getattr(args, name) is not None:
            parser.error(f'use --{instead} in place of --{name}')
    return args


def main() -> int:
    """Run the tool, and return its exit code."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.cross_validation import parse_numbers
    from mmfermtl.analysis.learning_curve import (draw_learning_curve,
                                                  measure_learning_curve)
    from mmfermtl.apis import load_config
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root)
    make_output_folder('--out', args.out)
    points = measure_learning_curve(
        cfg,
        args.out,
        parse_numbers('--subjects', args.subjects),
        draws=parse_numbers('--draws', args.draws),
        folds=args.folds and parse_numbers('--folds', args.folds),
        jobs=args.jobs,
        amp=args.amp_dtype or args.amp,
        everyone=not args.not_all)
    print(
        format_table(
            ('training subjects', 'draws', 'images', 'accuracy', 'from', 'to',
             'runs missing'),
            [(p.subjects or 'all', p.draws, p.images, f'{p.accuracy:.2f}',
              f'{p.interval[0]:.2f}', f'{p.interval[1]:.2f}', p.missing)
             for p in points]))
    if points:
        draw_learning_curve({osp.basename(args.config): points},
                            osp.join(args.out, 'curve.png'))
        write_json(
            osp.join(args.out, 'curve.json'), [p._asdict() for p in points])
    complete = points and not any(p.missing for p in points)
    return 0 if complete else 1


if __name__ == '__main__':
    with report_user_errors('run the same command again to go on'):
        sys.exit(main())
