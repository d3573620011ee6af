"""Train a model."""
import argparse
import os

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.tool_arguments import (add_amp_arguments,
                                           add_config_arguments,
                                           add_leak_argument,
                                           add_run_arguments)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--resume',
        nargs='?',
        const=True,
        metavar='auto|PATH',
        help='resume from the latest checkpoint in the work directory, which '
        'must exist; with "auto", start from scratch if there is none; with '
        'a path, resume from that file')
    add_amp_arguments(parser)
    parser.add_argument(
        '--no-validate',
        action='store_true',
        help='do not validate during training')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the total batch size')
    add_leak_argument(parser)
    add_run_arguments(parser)
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config, run_training, set_work_dir
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    set_work_dir(cfg, args.work_dir)
    run_training(
        cfg,
        resume=args.resume,
        amp=args.amp_dtype or args.amp,
        validate=not args.no_validate,
        auto_scale_lr=args.auto_scale_lr,
        allow_leak=args.allow_leak,
        launcher=args.launcher)


if __name__ == '__main__':
    with report_user_errors():
        main()
