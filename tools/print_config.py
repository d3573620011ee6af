"""Print a config as it will run."""
import argparse

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.tool_arguments import add_config_arguments


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Print a config with its bases and options merged')
    parser.add_argument('config', help='config file')
    add_config_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold, args.seed)
    print(cfg.pretty_text)


if __name__ == '__main__':
    with report_user_errors():
        main()
