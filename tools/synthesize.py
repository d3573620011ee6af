"""Generate a training set from a checkpoint."""
import argparse

from mmfermtl.utils.deprecation import RenamedOption
from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.tool_arguments import (add_config_arguments,
                                           add_embedder_arguments)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Translate the training images of a config to other '
        'expressions, for dataset GeneratedFaces. A run that was interrupted '
        'resumes; the same command gives the same bytes.')
    parser.add_argument(
        'config',
        help='config of the generator; for published weights, one that '
        'trains on the sources')
    parser.add_argument(
        'checkpoint',
        help='its checkpoint, or the name or file of published weights, such '
        'as fermtl_tiny_ferplus')
    parser.add_argument(
        '--out', required=True, help='folder to write to, and nowhere else')
    group = parser.add_argument_group('number of images')
    group.add_argument(
        '--balance',
        choices=('equal', 'missing', 'uniform', 'proportional'),
        default='equal',
        help='equal: pad each class to the size of the largest one, or as '
        'far as --total allows (default); missing: do so for the expressions '
        'that the training set lacks, if there are any; uniform: generate the '
        'same number of each class; proportional: keep the proportions of the '
        'real images')
    group.add_argument('--total', type=int, help='images to generate in all')
    group.add_argument(
        '--per-class', type=int, help='images to generate of each class')
    group.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='expressions to generate, such as those that the training set '
        'lacks (default: all)')
    group = parser.add_argument_group('targets')
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
        help='remove a set of other options that is in the folder')
    add_config_arguments(parser)
    return parser.parse_args()


def _add_filter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the quality filters."""
    group = parser.add_argument_group('quality filters, each optional')
    group.add_argument(
        '--classifier-config',
        '--judge-config',
        action=RenamedOption,
        metavar='FILE',
        help='config of an evaluation classifier that was trained on the same '
        'fold, real images alone')
    group.add_argument(
        '--classifier-checkpoint',
        '--judge-checkpoint',
        action=RenamedOption,
        metavar='FILE',
        help='its checkpoint')
    group.add_argument(
        '--min-agreement',
        type=float,
        metavar='P',
        help='least probability of the target by the classifier')
    group.add_argument(
        '--max-agreement',
        type=float,
        metavar='P',
        help='greatest such probability, to leave out images that the '
        'classifier is sure of')
    add_embedder_arguments(group)
    group.add_argument(
        '--min-identity',
        type=float,
        metavar='T',
        help='least cosine similarity of a generated image and its source')
    group.add_argument(
        '--min-change',
        type=float,
        metavar='D',
        help='least mean absolute difference from the source on [0, 1]; with '
        'a classifier, it must not predict the expression of the source '
        'either')


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    from mmfermtl.generation import GenerationOptions, Targets, synthesize
    from mmfermtl.generation.filter_networks import (FilterNetworks,
                                                     load_embedder_config)
    from mmfermtl.generation.generation_report import NOTICE
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
        batch_size=args.batch_size,
        classes=args.classes and tuple(args.classes))
    common = dict(data_root=args.data_root, fold=args.fold)
    networks = FilterNetworks(
        args.classifier_config
        and load_config(args.classifier_config, **common),
        args.classifier_checkpoint, args.embedder, args.embedder_options,
        args.embedder_config
        and load_embedder_config(args.embedder_config, **common),
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
