"""Draw the images of a dataset, its pairs, pipeline and folds."""
import argparse

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.tool_arguments import add_config_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Draw pages of the images of a config with their labels '
        'and subjects, and of the output of the pipeline. Files are written '
        'to --out only.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--split',
        choices=['train', 'val', 'test'],
        default='train',
        help='which loader of the config (default: train)')
    parser.add_argument('--out', metavar='FOLDER', help='folder for PNG files')
    parser.add_argument(
        '--show', action='store_true', help='show each page in a window')
    parser.add_argument(
        '--pages',
        type=int,
        default=1,
        metavar='N',
        help='pages of each kind (default: 1)')
    parser.add_argument(
        '--rows', type=int, default=4, help='rows of a page (default: 4)')
    parser.add_argument(
        '--cols',
        type=int,
        default=6,
        help='images in a row of a page (default: 6)')
    parser.add_argument(
        '--pairs',
        action='store_true',
        help='draw pages of sources and their targets too')
    parser.add_argument(
        '--charts',
        action='store_true',
        help='draw bar charts of the classes and subjects too, of all folds '
        'unless --fold names one')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    from mmfermtl.preparation.browsing.dataset_browsing import browse_dataset
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    browse_dataset(
        cfg,
        out=args.out,
        show=args.show,
        charts=args.charts,
        every_fold=args.fold is None,
        split=args.split,
        pages=args.pages,
        rows=args.rows,
        columns=args.cols,
        pairs=args.pairs)


if __name__ == '__main__':
    with report_user_errors():
        main()
