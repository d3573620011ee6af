"""Measure what recognition takes from the synthesis branch."""
import argparse
import os.path as osp
from typing import List, Tuple

import numpy as np

from mmfermtl.analysis.exchange_ablation import (ExchangeAblation,
                                                 ablate_checkpoint,
                                                 ablate_study)
from mmfermtl.apis import load_config, report_user_errors
from mmfermtl.utils.errors import UserError
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import report_write_errors
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_config_arguments

GIVEN = dict(
    own='of the face itself, as trained',
    mean='the mean over all faces',
    other='of another subject and expression',
    followed='  read as the expression of that one')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Let recognition read the faces of the test set while '
        'the synthesis branch gives it other features at the exchange '
        'points: their mean over all faces, or those of another subject with '
        'another expression. How far the accuracy falls says how much '
        'recognition takes from that branch.')
    parser.add_argument(
        'source',
        metavar='CONFIG|STUDY',
        help='config file, or folder of tools/cross_validate.py: then each '
        'of its models reads the fold that it has not seen')
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint file, with a config')
    parser.add_argument('--out', metavar='FILE.json', help='all numbers')
    parser.add_argument(
        '--config',
        metavar='FILE',
        help='config file that a study began with; needed if it imports '
        'modules of its own or was begun by an earlier version, for code of '
        'a study is not run; with the same options as then')
    add_config_arguments(parser)
    return parser.parse_args()


def measure(args: argparse.Namespace) -> List[Tuple[str, ExchangeAblation]]:
    """Measure what the arguments name."""
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
        print(f'{key}: {counts.own}, {counts.mean} and {counts.other} of '
              f'{counts.faces} faces right')
    return found


def main() -> None:
    """Run the tool."""
    args = parse_args()
    found = measure(args)
    total = ExchangeAblation(*np.sum([c for _, c in found], axis=0).tolist())
    rows = [(name, getattr(total,
                           key), 100. * getattr(total, key) / total.faces)
            for key, name in GIVEN.items()]
    print(f'{total.faces} faces; recognition is given the features ...')
    print(format_table(('', 'right', '%'), rows))
    if args.out is not None:
        runs = [dict(of=name, **c._asdict()) for name, c in found]
        with report_write_errors('--out', args.out):
            write_json(args.out, dict(pooled=total._asdict(), runs=runs))


if __name__ == '__main__':
    with report_user_errors():
        main()
