"""Test a checkpoint."""
import argparse
import os

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.tool_arguments import (add_config_arguments,
                                           add_run_arguments)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Test a checkpoint; the metrics are printed and written '
        'to test_metrics.json in the work directory')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--out', metavar='FILE.pkl', help='file to save the predictions to')
    parser.add_argument(
        '--tta',
        action='store_true',
        help="test-time augmentation: the config's tta_model and "
        'tta_pipeline, or else the mean over each image and its mirror image')
    parser.add_argument(
        '--allow-leak',
        action='store_true',
        help='test although the checkpoint was trained on subjects of the '
        'test; the scores do not hold for others')
    add_run_arguments(parser)
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config, run_test, set_work_dir
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    set_work_dir(cfg, args.work_dir)
    run_test(
        cfg,
        args.checkpoint,
        out=args.out,
        launcher=args.launcher,
        tta=args.tta,
        allow_leak=args.allow_leak)


if __name__ == '__main__':
    with report_user_errors():
        main()
