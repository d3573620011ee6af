"""Convert the face recognition network of face-api to PyTorch."""
import argparse

from mmfermtl.utils.errors import report_user_errors
from mmfermtl.utils.output_files import check_output_file, report_write_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Convert the face recognition network of the npm package '
        '@vladmandic/face-api (MIT license) to weights of '
        'mmfermtl.FaceApiResNet. Nothing of the package is run, and nothing '
        'is downloaded: get it by `npm pack @vladmandic/face-api@1.7.15`.')
    parser.add_argument(
        'package', help='its .tgz file, or a folder that it was unpacked to')
    parser.add_argument('out', metavar='OUT.pth', help='weights to write')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.engine.checkpoints.face_api_conversion import \
        convert_face_api
    check_output_file('OUT.pth', args.out)
    with report_write_errors('OUT.pth', args.out):
        convert_face_api(args.package, args.out)
    print(f'written: {args.out}')


if __name__ == '__main__':
    with report_user_errors():
        main()
