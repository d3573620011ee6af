"""Score painted faces by an independent classifier and other metrics."""
import argparse

from mmfermtl.apis import load_config, report_user_errors
from mmfermtl.generation.filter_networks import FilterNetworks
from mmfermtl.generation.fold_agreement import training_leaf
from mmfermtl.generation.metric_options import list_metrics, save_scores
from mmfermtl.generation.synthesis_scoring import (SynthesisScore,
                                                   score_from_files)
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_embedder_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Paint every expression of every test face and let a '
        'classifier, trained separately on real images, read them')
    parser.add_argument('config', help='config of the model that paints')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument('judge_config', help='config of the classifier')
    parser.add_argument('judge_checkpoint', help='its checkpoint')
    parser.add_argument('--data-root', help='data folder of both')
    parser.add_argument('--fold', type=int, help='fold that both held out')
    group = parser.add_argument_group('more metrics; weights are files, '
                                      'nothing is downloaded')
    group.add_argument(
        '--all',
        action='store_true',
        help='L1, PSNR, SSIM, cycle error, intensity sweeps, and those below '
        'whose weights are given')
    add_embedder_arguments(group)
    group.add_argument(
        '--lpips-weights', metavar='FILE', help="torchvision's AlexNet")
    group.add_argument(
        '--inception-weights',
        metavar='FILE',
        help="torch-fidelity's Inception, for KID and FID")
    parser.add_argument('--out', metavar='FILE.json', help='all numbers')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    options = dict(data_root=args.data_root, fold=args.fold)
    cfg = load_config(args.config, **options)
    metrics = []
    if args.all:
        networks = FilterNetworks(
            embedder=args.embedder,
            embedder_options=args.embedder_options,
            embedder_cfg=args.embedder_config
            and load_config(args.embedder_config, **options),
            embedder_checkpoint=args.embedder_checkpoint)
        _, embedder = networks.build(training_leaf(cfg), 'cpu')
        metrics = list_metrics(embedder, args.lpips_weights,
                               args.inception_weights)
    score = score_from_files(
        cfg,
        args.checkpoint,
        load_config(args.classifier_config, **options),
        args.classifier_checkpoint,
        metrics=metrics,
        intensity=args.all)
    _print(score)
    if args.out is not None:
        save_scores(args.out, score)


def _print(score: SynthesisScore) -> None:
    """Print the readings and the numbers."""
    print('painted as (row) and read as (column):')
    print(
        format_table(
            ('', *score.classes),
            [(name, *row)
             for name, row in zip(score.classes, score.confusion.tolist())]))
    print(f'expression score: {score.expression_score:.2f} % of '
          f'{score.confusion.sum()} painted faces')
    print(f'ceiling:          {score.real_accuracy:.2f} % of the real faces')
    numbers = {
        k: v
        for k, v in score.metrics.items() if k != 'expression/confusion'
    }
    print()
    print(format_table(('metric', 'value'), list(numbers.items())))


if __name__ == '__main__':
    with report_user_errors():
        main()
