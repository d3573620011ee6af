"""Paint a training set from a checkpoint."""
import argparse

from mmfermtl.apis import load_config, report_user_errors
from mmfermtl.generation.candidates import Targets
from mmfermtl.generation.class_counts import RULES
from mmfermtl.generation.filter_networks import FilterNetworks
from mmfermtl.generation.generation_report import NOTICE
from mmfermtl.generation.generation_run import GenerationOptions, synthesize
from mmfermtl.utils.tool_arguments import (add_config_arguments,
                                           add_embedder_arguments)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Repaint the training faces of a checkpoint with other '
        'expressions, for dataset GeneratedFaces. Stopped and started '
        'again, it goes on where it was; the same command gives the same '
        'bytes.')
    parser.add_argument('config', help='config of the generator')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument(
        '--out', required=True, help='folder to write to, and nowhere else')
    group = parser.add_argument_group('how many')
    group.add_argument(
        '--balance',
        choices=RULES,
        default='equal',
        help='equal: real and painted faces together are as many in each '
        'class, those of the largest one or what --total allows (default); '
        'uniform: as many painted ones; proportional: as the real ones')
    group.add_argument('--total', type=int, help='painted faces in all')
    group.add_argument(
        '--per-class', type=int, help='painted faces of each class')
    group = parser.add_argument_group('what')
    group.add_argument(
        '--intensity',
        type=float,
        nargs=2,
        default=(1., 1.),
        metavar=('LOW', 'HIGH'),
        help='range of the weight of the target, the rest is the expression '
        'of the source (default: 1 1)')
    group.add_argument(
        '--mixture',
        type=float,
        default=0.,
        help='up to this part of that weight goes to a third expression '
        '(default: 0)')
    _add_filter_arguments(parser)
    group = parser.add_argument_group('run')
    group.add_argument('--batch-size', type=int, default=64)
    group.add_argument('--device', default='cpu', help='default: cpu')
    group.add_argument(
        '--overwrite',
        action='store_true',
        help='remove a set of other options that is there')
    add_config_arguments(parser)
    return parser.parse_args()


def _add_filter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what decides whether a painted face is good enough."""
    group = parser.add_argument_group('gates, each optional')
    group.add_argument(
        '--judge-config',
        help='config of a classifier that '
        'was trained on the same fold, real faces alone')
    group.add_argument('--judge-checkpoint', help='its checkpoint')
    group.add_argument(
        '--min-agreement',
        type=float,
        metavar='P',
        help='least probability that the judge gives the target')
    group.add_argument(
        '--max-agreement',
        type=float,
        metavar='P',
        help='greatest such probability: leaves out what the judge is sure of')
    add_embedder_arguments(group)
    group.add_argument(
        '--min-identity',
        type=float,
        metavar='T',
        help='least cosine of a painted face and its source')
    group.add_argument(
        '--min-change',
        type=float,
        metavar='D',
        help='least mean absolute difference from the source on [0, 1]; with '
        'a judge, it must not read the expression of the source either')


def main() -> None:
    """Run the tool."""
    args = parse_args()
    options = GenerationOptions(
        balance=args.balance,
        total=args.total,
        per_class=args.per_class,
        targets=Targets(tuple(args.intensity), args.mixture),
        agreement=args.min_agreement,
        identity=args.min_identity,
        change=args.min_change,
        max_agreement=args.max_agreement,
        seed=args.seed or 0,
        batch_size=args.batch_size)
    common = dict(data_root=args.data_root, fold=args.fold)
    configs = [
        path and load_config(path, **common)
        for path in (args.classifier_config, args.embedder_config)
    ]
    networks = FilterNetworks(configs[0], args.classifier_checkpoint,
                              args.embedder, args.embedder_options, configs[1],
                              args.embedder_checkpoint)
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    print(
        synthesize(cfg, args.checkpoint, args.out, options, networks,
                   args.overwrite, args.device))
    print(NOTICE)


if __name__ == '__main__':
    with report_user_errors('run the same command again to go on'):
        main()
