"""Write the network of a checkpoint as weights to publish."""
import argparse

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.output_files import check_output_file, report_write_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write the network of a checkpoint in half precision as '
        'safetensors, with the model, the classes, the test pipeline and '
        'what it was trained on. Optimizers, discriminator and losses are '
        'left out. mmfermtl.apis.load_model reads the file by its path.')
    parser.add_argument('config', help='config that it was trained with')
    parser.add_argument('checkpoint', help='checkpoint of tools/train.py')
    parser.add_argument('out', metavar='OUT.safetensors', help='file to write')
    parser.add_argument(
        '--calibration',
        metavar='FILE.json',
        help='calibration of this checkpoint, of tools/calibrate.py, to put '
        'beside the weights')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    from mmfermtl.engine.checkpoints.published_weights import publish
    from mmfermtl.utils.calibration_file import read_calibration
    calibration = None
    if args.calibration:
        calibration = read_calibration(args.calibration)
    check_output_file('OUT.safetensors', args.out)
    with report_write_errors('OUT.safetensors', args.out):
        found = publish(
            args.checkpoint,
            args.out,
            load_config(args.config),
            calibration=calibration)
    print(f'{args.out}: {", ".join(found["classes"])}; checkpoint '
          f'{found["checkpoint_sha256"]}')
    for data in found['training_facts']['datasets']:
        print(f'trained on {data.get("images", "?")} images of '
              f'{data["type"]}, list '
              f'{data.get("list_sha256") or "not recorded"}')


if __name__ == '__main__':
    with report_user_errors():
        main()
