"""Measure how much FER depends on the features of the FES branch."""
import argparse
import os.path as osp
from typing import Any, List, Tuple

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_config_arguments

SOURCES = dict(
    original='the image itself, as trained',
    mean='the mean over all images',
    other='another subject and expression',
    followed='  classified as that expression')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Classify the test set while FER gets other source '
        'features from the FES branch at the exchange points: their mean '
        'over all images, or those of another subject with another '
        'expression. The loss of accuracy shows how much FER depends on '
        'them.')
    parser.add_argument(
        'source',
        metavar='CONFIG|STUDY',
        help='config file, or folder of tools/cross_validate.py, whose models '
        'are tested on their test folds')
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint file, with a config')
    parser.add_argument('--out', metavar='FILE.json', help='all numbers')
    parser.add_argument(
        '--config',
        metavar='FILE',
        help='config file of a study, with the same options as at its start; '
        'needed if it imports modules of its own, which is not done for a '
        'config that comes with the study')
    add_config_arguments(parser)
    return parser.parse_args()


def measure(args: argparse.Namespace) -> List[Tuple[str, Any]]:
    """Run the ablation of the checkpoint or study in the arguments.

    Returns:
        list[tuple[str, ExchangeAblation]]: What was tested, and its counts.
    """
    from mmfermtl.analysis.exchange_ablation import (ablate_checkpoint,
                                                     ablate_study)
    from mmfermtl.apis import load_config
    if not osp.isdir(args.source):
        if args.config is not None:
            raise UserError(f'--config is for a study, found {args.source}; '
                            'leave it out')
        if args.checkpoint is None:
            raise UserError('expected a config and a checkpoint, or the '
                            'folder of a cross-validation, found '
                            f'{args.source} alone')
        cfg = load_config(args.source, args.cfg_options, args.allow_new_keys,
                          args.data_root, args.fold, args.seed)
        return [(args.checkpoint, ablate_checkpoint(cfg, args.checkpoint))]
    refused = [
        f'--{name.replace("_", "-")}'
        for name in ('fold', 'seed', *(['cfg_options'] * (not args.config)))
        if getattr(args, name) is not None
    ]
    if args.checkpoint is not None:
        refused.append(args.checkpoint)
    if refused:
        raise UserError(f'{args.source} is a study, which has its own '
                        'checkpoints, folds, seeds and options; leave out '
                        f'{", ".join(refused)}')
    found = []
    given = None
    if args.config is not None:
        given = load_config(args.config, args.cfg_options, args.allow_new_keys,
                            args.data_root)
    for key, counts in ablate_study(args.source, args.data_root, given=given):
        found.append((str(key), counts))
        print(f'{key}: {counts.original}, {counts.mean} and {counts.other} of '
              f'{counts.images} images correct')
    return found


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    import numpy as np

    from mmfermtl.analysis.exchange_ablation import ExchangeAblation
    if args.out is not None:
        check_output_file('--out', args.out)
    found = measure(args)
    total = ExchangeAblation(*np.sum([c for _, c in found], axis=0).tolist())
    rows = [(name, getattr(total,
                           key), 100. * getattr(total, key) / total.images)
            for key, name in SOURCES.items()]
    print(f'{total.images} images; FER gets the source features of ...')
    print(format_table(('', 'correct', '%'), rows))
    if args.out is not None:
        runs = [dict(of=name, **c._asdict()) for name, c in found]
        write_json(args.out, dict(pooled=total._asdict(), runs=runs))


if __name__ == '__main__':
    with report_user_errors():
        main()
