"""Draw the ConvFLU gates between the two tasks."""
import argparse

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_config_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Draw heat maps of the gates r and z over images of the '
        'test set, for each exchange point and direction, and their history '
        'over training if mmfermtl.GateStatisticsHook recorded it. The '
        'pictures show faces of the dataset: check its licence before you '
        'share them.')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--out', required=True, metavar='DIR', help='folder for the pictures')
    parser.add_argument(
        '--images',
        type=int,
        default=8,
        help='number of single images to draw (default: 8)')
    parser.add_argument(
        '--history',
        metavar='FILE.json',
        help='file of the hook (default: gates.json beside the '
        'checkpoint)')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.analysis.gate_drawing import draw_gates
    from mmfermtl.apis import load_config
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    result = draw_gates(cfg, args.checkpoint, args.out, args.images,
                        args.history)
    rows = [(' '.join(title.split('\n')), f'{mean:.4f}', f'{std:.4f}')
            for title, (mean, std) in result['spread'].items()]
    if rows:
        print(format_table(('gate', 'mean', 'spread'), rows))
    for path in result['files']:
        print(f'written: {path}')


if __name__ == '__main__':
    with report_user_errors():
        main()
