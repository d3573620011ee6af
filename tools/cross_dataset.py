"""Test models on each other's datasets."""
import argparse
import os.path as osp

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import make_output_folder
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import parse_named


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Test every model on every test set, with classes '
        'matched by name: images of classes that a model lacks are left out, '
        'and so are its scores of classes that a set lacks.')
    parser.add_argument(
        '--models',
        nargs='+',
        required=True,
        metavar='NAME=CONFIG,CHECKPOINT',
        help='trained models; a checkpoint may be the name of shipped weights')
    parser.add_argument(
        '--sets',
        nargs='+',
        default=[],
        metavar='NAME=CONFIG[,DATA_ROOT]',
        help='configs whose test sets are tested on; without it each model '
        'is tested on the test set of its own config alone, such as the '
        'dataset that it was trained without')
    parser.add_argument(
        '--whole',
        nargs='+',
        default=[],
        metavar='NAME',
        help='sets of which all images are tested on, and not one fold or '
        'split: those that no model was trained on')
    parser.add_argument(
        '--balanced',
        action='store_true',
        help='correct the scores for how often each class was trained on, by '
        'the calibration of published weights')
    parser.add_argument('--device', default='cpu', help='default: cpu')
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='folder for matrix.json and matrix.png')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    import numpy as np

    from mmfermtl.analysis.cross_dataset import (NamedModel, NamedSet,
                                                 measure_matrix)
    from mmfermtl.apis import load_config
    from mmfermtl.visualization.score_matrix import draw_score_matrix
    models = [
        NamedModel(name, load_config(parts[0]), parts[1])
        for name, parts in parse_named('--models', args.models, 2, 2)
    ]
    sets = [
        NamedSet(
            name,
            load_config(
                parts[0], data_root=parts[1] if len(parts) > 1 else None), name
            in args.whole)
        for name, parts in parse_named('--sets', args.sets, 2, 1)
    ]
    unknown = sorted(set(args.whole) - {one.name for one in sets})
    if unknown:
        raise UserError(f'--whole {" ".join(unknown)}: not among --sets')
    make_output_folder('--out', args.out)
    cells = measure_matrix(models, sets, args.batch_size, args.device,
                           args.balanced)
    print(
        format_table(
            ('model', 'tested on', 'classes', 'images', 'accuracy', 'from',
             'to', 'UAR', ''),
            [(c.model, c.test_set, len(
                c.classes), c.images, f'{c.accuracy:.2f}',
              f'{c.interval[0]:.2f}', f'{c.interval[1]:.2f}', f'{c.uar:.2f}',
              'subjects seen in training' if c.leak else '') for c in cells]))
    columns = [s.name for s in sets] or ['test set of its config']
    shape = len(models), len(columns)
    texts = np.array([
        f'{c.accuracy:.1f}{"*" if c.leak else ""}\n{c.interval[0]:.1f} to '
        f'{c.interval[1]:.1f}\nn = {c.images}' for c in cells
    ]).reshape(shape)
    draw_score_matrix(
        np.array([c.accuracy for c in cells]).reshape(shape), texts,
        [m.name for m in models], columns, osp.join(args.out, 'matrix.png'),
        'Accuracy over the common classes (* subjects seen in training)')
    path = osp.join(args.out, 'matrix.json')
    write_json(path, [c._asdict() for c in cells], indent=1)
    print(f'written: {path} and matrix.png')


if __name__ == '__main__':
    with report_user_errors():
        main()
