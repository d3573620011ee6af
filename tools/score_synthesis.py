"""Score generated images by an evaluation classifier and other metrics."""
import argparse
from typing import Any, Dict

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.json_documents import plain, write_json
from mmfermtl.utils.output_files import report_write_errors
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_embedder_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Translate every test image to every expression, and '
        'classify the results by a network that was trained separately on '
        'real images')
    parser.add_argument(
        'config',
        help='config of the model with a generator; for published weights, '
        'one whose test set is to be edited')
    parser.add_argument(
        'checkpoint', help='its checkpoint, or the name of published weights')
    parser.add_argument(
        'classifier_config',
        help='config of the evaluation classifier, trained on the same fold '
        'or on another dataset')
    parser.add_argument(
        'classifier_checkpoint',
        help='its checkpoint, or the name of published weights')
    parser.add_argument(
        '--data-root',
        help='data folder of the model, and '
        'of a classifier of the same dataset')
    parser.add_argument(
        '--fold',
        type=int,
        help='fold that both held out, if '
        'they are of the same dataset')
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
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    from mmfermtl.generation.evaluation_classifier import \
        load_classifier_config
    from mmfermtl.generation.filter_networks import (FilterNetworks,
                                                     load_embedder_config)
    from mmfermtl.generation.fold_agreement import (check_not_tested,
                                                    scored_dataset)
    from mmfermtl.generation.synthesis_scoring import (list_metrics,
                                                       score_from_files)
    options = dict(data_root=args.data_root, fold=args.fold)
    cfg = load_config(args.config, **options)
    metrics = []
    if args.all:
        networks = FilterNetworks(
            embedder=args.embedder,
            embedder_options=args.embedder_options,
            embedder_cfg=args.embedder_config
            and load_embedder_config(args.embedder_config, **options),
            embedder_checkpoint=args.embedder_checkpoint)
        dataset = scored_dataset(cfg)
        embedder = networks.load_embedder(
            lambda record, path, role: check_not_tested(
                record, path, dataset, role))
        metrics = list_metrics(embedder, args.lpips_weights,
                               args.inception_weights)
    scores = score_from_files(
        cfg,
        args.checkpoint,
        load_classifier_config(args.classifier_config, cfg, **options),
        args.classifier_checkpoint,
        metrics=metrics,
        intensity=args.all)
    _print(scores)
    if args.out is not None:
        with report_write_errors('--out', args.out):
            write_json(args.out, plain(scores))


def _print(scores: Dict[str, Any]) -> None:
    """Print the confusion matrix and all numbers."""
    metrics = dict(scores['metrics'])
    confusion = metrics.pop('expression/confusion')
    known = scores['classifier']
    print(f'classifier trained on {" and ".join(known["datasets"]) or "?"}, '
          f'{len(known["classes"])} classes')
    print('generated as (row) and classified as (column):')
    print(
        format_table(
            ('', *scores['classes']),
            [(name, *row) for name, row in zip(scores['classes'], confusion)]))
    print(f'expression score: {metrics["expression/score"]:.2f} % of '
          f'{metrics["expression/images"]} generated images')
    if 'expression/ceiling' in metrics:
        print(f'ceiling:          {metrics["expression/ceiling"]:.2f} % of '
              'the real images')
    print()
    by_class = {
        key: metrics.pop(key)
        for key in list(metrics) if isinstance(metrics[key], list)
    }
    print(format_table(('metric', 'value'), list(metrics.items())))
    if by_class:
        print()
        print(
            format_table(('metric', *scores['classes']),
                         [(key, *row) for key, row in by_class.items()]))


if __name__ == '__main__':
    with report_user_errors():
        main()
