"""Train and test all folds of a config."""
import argparse
import os
import sys
from typing import List, Optional

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.tool_arguments import (add_amp_arguments,
                                           add_config_arguments,
                                           add_leak_argument)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Train and test all folds of a config, any number of '
        'seeds, and pool the results. A study that was stopped goes on with '
        'the same command. Exit code: 0 all runs are complete, 1 some are '
        'not, 2 wrong options, 130 or 143 stopped.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--out', required=True, metavar='DIR', help='folder for all results')
    parser.add_argument(
        '--folds', metavar='0,3', help='folds, counted from 0 (default: all)')
    parser.add_argument(
        '--seeds', default='0', metavar='0,1,2', help='seeds (default: 0)')
    parser.add_argument(
        '--nested',
        nargs='?',
        const='also',
        default='no',
        choices=['also', 'only'],
        help='train each fold once more without an inner validation fold, on '
        'which the epoch is chosen; with "only", nothing but this. The inner '
        'fold of one fold is the test fold of the next, so that a config '
        'chosen on all inner folds was chosen on the test images; choose on '
        'some folds, and name them by --development')
    parser.add_argument(
        '--development',
        metavar='0,1',
        help='folds that the config was chosen on, such as by a study with '
        '--folds 0,1: the results are also given without them')
    parser.add_argument(
        '--jobs',
        type=int,
        metavar='N',
        help='runs at a time (default: as many as GPUs, 1 on the CPU)')
    parser.add_argument(
        '--gpus',
        metavar='0,1',
        help='GPUs to share among the runs (default: all that are visible)')
    add_amp_arguments(parser)
    parser.add_argument(
        '--fold-from-env',
        metavar='NAME',
        help='run the one fold that an environment variable such as '
        'SLURM_ARRAY_TASK_ID names, and leave the results to a later call')
    parser.add_argument(
        '--collect',
        action='store_true',
        help='train nothing; pool what is complete')
    parser.add_argument(
        '--tta',
        action='store_true',
        help='test the last epoch with test-time augmentation, too, as '
        'tools/test.py --tta does')
    add_leak_argument(parser)
    add_config_arguments(parser)
    args = parser.parse_args()
    for name in ('fold', 'seed'):
        if getattr(args, name) is not None:
            parser.error(f'use --{name}s in place of --{name}')
    return args


def chosen_folds(args: argparse.Namespace) -> Optional[List[int]]:
    """Return the folds that the options select; None for all."""
    from mmfermtl.analysis.cross_validation import parse_numbers
    name = args.fold_from_env
    if name is None:
        return args.folds and parse_numbers('--folds', args.folds)
    if args.folds or args.collect:
        raise UserError('--fold-from-env excludes --folds and --collect')
    if not os.environ.get(name, '').isdigit():
        raise UserError(f'--fold-from-env: the variable {name} is '
                        f'{os.environ.get(name)!r}, expected a fold')
    return [int(os.environ[name])]


def main() -> int:
    """Run the tool, and return its exit code."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.cross_validation import (cross_validate,
                                                    format_outcome,
                                                    parse_numbers)
    from mmfermtl.apis import load_config
    from mmfermtl.engine.config.held_out_guard import require_leak_check
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root)
    if args.allow_leak:
        require_leak_check(cfg, allow_leak=True)
    outcome = cross_validate(
        cfg,
        args.out,
        folds=chosen_folds(args),
        seeds=parse_numbers('--seeds', args.seeds),
        nested=args.nested,
        jobs=args.jobs,
        gpus=None if args.gpus is None else args.gpus.split(','),
        amp=args.amp_dtype or args.amp,
        train=not args.collect,
        collect=args.fold_from_env is None,
        tta=args.tta,
        development=(parse_numbers('--development', args.development)
                     if args.development else ()))
    print(format_outcome(outcome))
    return 1 if outcome.missing else 0


if __name__ == '__main__':
    with report_user_errors('run the same command again to go on'):
        sys.exit(main())
