"""``mmfermtl export``: a network for ONNX Runtime, without PyTorch."""
import argparse
import os.path as osp
from typing import Any

HELP = 'write a network as ONNX, to run without PyTorch or in a browser'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        'model',
        metavar='MODEL',
        help='config that the checkpoint was trained with; or, without a '
        'checkpoint, shipped weights by name or a .safetensors file')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        metavar='CHECKPOINT',
        help='checkpoint of tools/train.py')
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='folder to write to: the networks, model.json and a model card')
    parser.add_argument(
        '--name', help='name of the model (default: that of the config)')
    parser.add_argument(
        '--calibration',
        metavar='FILE',
        help='calibration of tools/calibrate.py for this checkpoint (default: '
        'that of published weights)')
    parser.add_argument(
        '--int8',
        metavar='FACES',
        help='write the recogniser in int8, too, if it loses at most half a '
        'point of accuracy on these faces: a folder of folders named by '
        'expressions, or a config, whose test set is used; none that the '
        'network was trained on')
    parser.add_argument(
        '--data-root', help='data folder of the config given for --int8')
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace an export that is in the folder')


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..stack import check_export_packages
    from ..utils.errors import UserError
    if args.data_root and not (args.int8 or '').endswith('.py'):
        raise UserError('--data-root is for a config given for --int8; leave '
                        'it out')
    check_export_packages()
    from ..export.onnx_export import check_folder, export_onnx

    # Before the work, not after it.
    check_folder(args.out, args.overwrite)
    source = _read_source(args)
    faces = None
    if args.int8:
        from ..export.labelled_faces import read_labelled_faces
        faces = read_labelled_faces(args.int8, source, args.data_root)
    result = export_onnx(source, args.out, faces, args.overwrite)
    _print_result(args.out, result)
    return 1 if result.refusal else 0


def _read_source(args: argparse.Namespace) -> Any:
    """Read the network."""
    from ..engine.config.run_config import load_config
    from ..export.export_source import source_of_checkpoint, source_of_weights
    from ..utils.calibration_file import read_calibration
    from ..utils.errors import UserError
    if args.model.endswith('.py'):
        if args.checkpoint is None:
            raise UserError(f'{args.model}: a config needs a checkpoint; give '
                            'the one that was trained with it')
        source = source_of_checkpoint(load_config(args.model), args.checkpoint)
    else:
        if args.checkpoint is not None:
            raise UserError(f'{args.model} {args.checkpoint}: expected a '
                            'config, *.py, and its checkpoint; published '
                            'weights need no second file')
        source = source_of_weights(args.model)
    if args.name is not None:
        source.name = args.name
    if args.calibration is not None:
        source.calibration = read_calibration(args.calibration, source.classes)
    return source


def _print_result(out: str, result: Any) -> None:
    """Print what was written and measured."""
    import sys
    about = result.description
    for part, entry in about['files'].items():
        print(f'{osp.join(out, entry["path"])}: {entry["bytes"] / 1e6:.2f} MB')
    gaps = ', '.join(f'{k} {v:.1e}' for k, v in about['parity'].items())
    print(f'largest difference from PyTorch: {gaps}')
    if about['int8']:
        found = about['int8']
        print(f'accuracy on {found["faces"]} faces: '
              f'{found["accuracy_float32"]:.2f} % in float32, '
              f'{found["accuracy_int8"]:.2f} % in int8')
    if result.refusal:
        print(f'error: {result.refusal}', file=sys.stderr)
