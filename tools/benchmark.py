"""Measure the speed of training and test steps of a config."""
import argparse

import torch

from mmfermtl.analysis.speed_measurement import (VARIANTS, measure_speed,
                                                 summarize_times)
from mmfermtl.apis import load_config, report_user_errors
from mmfermtl.utils.environment import describe_environment
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_config_arguments

COLUMNS = (('variant', 'variant', '{}'), ('train ms', 'train_ms', '{:.1f}'),
           ('images/s', 'train_fps', '{:.1f}'),
           ('speedup', 'speedup', '{:.2f}'), ('test ms', 'test_ms', '{:.1f}'),
           ('images/s', 'test_fps', '{:.1f}'), ('first step s', 'first_s',
                                                '{:.1f}'),
           ('peak MiB', 'peak_mib', '{:.0f}'), ('loss change', 'loss_change',
                                                '{:.1e}'))


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Measure training and test steps on batches of rendered '
        'faces that went through the pipelines of the config; no data is '
        'needed, and loading is not measured. Times are medians of a step. '
        'The loss change is the largest relative difference to the losses of '
        'the first variant, from the same weights over the same batches.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--variants',
        nargs='+',
        default=['float32'],
        choices=VARIANTS,
        help='what to measure, one after the other (default: float32)')
    parser.add_argument(
        '--steps', type=int, default=20, help='steps that count (default: 20)')
    parser.add_argument(
        '--warmup', type=int, default=3, help='steps before them (default: 3)')
    parser.add_argument(
        '--out', metavar='FILE.json', help='file for all measurements')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold)
    if args.out:
        check_output_file('--out', args.out)
    environment = describe_environment()
    hardware = environment['hardware']
    print(f'{args.config}: {cfg.train_dataloader.batch_size} images a '
          f'training step, {cfg.test_dataloader.batch_size} a test step; '
          f'{hardware["gpu"] or hardware["cpu"]}, {hardware["threads"]} '
          f'threads, torch {torch.__version__}')
    found, rows = [], []
    for times in measure_speed(cfg, args.variants, args.steps, args.warmup,
                               args.seed or 0):
        found.append(times)
        rows.append(summarize_times(times, cfg, found[0]))
        if args.out:
            result = dict(
                config=args.config,
                summary=rows,
                times=[one._asdict() for one in found],
                **environment)
            write_json(args.out, result, indent=1)
    print(
        format_table([title for title, _, _ in COLUMNS],
                     [[style.format(row[key]) for _, key, style in COLUMNS]
                      for row in rows]))


if __name__ == '__main__':
    with report_user_errors():
        main()
