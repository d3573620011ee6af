"""Score painted faces by an independent classifier."""
import argparse

from mmfermtl.apis import load_config, report_user_errors
from mmfermtl.apis.synthesis_scoring import score_from_files
from mmfermtl.visualization import format_table


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
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    options = dict(data_root=args.data_root, fold=args.fold)
    score = score_from_files(
        load_config(args.config, **options), args.checkpoint,
        load_config(args.judge_config, **options), args.judge_checkpoint)
    print('painted as (row) and read as (column):')
    print(
        format_table(
            ('', *score.classes),
            [(name, *row)
             for name, row in zip(score.classes, score.confusion.tolist())]))
    print(f'expression score: {score.expression_score:.2f} % of '
          f'{score.confusion.sum()} painted faces')
    print(f'ceiling:          {score.real_accuracy:.2f} % of the real faces')


if __name__ == '__main__':
    with report_user_errors():
        main()
