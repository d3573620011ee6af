"""Arguments of the subcommands that read faces."""
import argparse
from typing import Any, List, Union


def add_reader_arguments(parser: argparse.ArgumentParser,
                         fast: bool = False) -> None:
    """Add the arguments of the network and of the faces that it reads."""
    group = parser.add_argument_group('network')
    group.add_argument(
        '--model',
        help='name of shipped weights or of the model index, published '
        'weights (.safetensors), folder of `mmfermtl export`, or a config '
        '(default: the shipped weights)')
    group.add_argument('--weights', help='checkpoint of the config')
    group.add_argument(
        '--device', help='cpu or cuda:0 (default: a GPU if any)')
    group.add_argument(
        '--backend',
        choices=('torch', 'onnx'),
        help='what runs the network (default: onnx for an exported model)')
    group.add_argument(
        '--precision',
        default='float32',
        choices=('float32', 'int8'),
        help='int8 to recognise by the smaller form that `mmfermtl export '
        '--int8` writes (default: float32)')
    group.add_argument('--batch-size', type=int, default=32)
    group.add_argument(
        '--coverage',
        type=float,
        default=0.9,
        help='how often the set of possible expressions should hold the '
        'right one, for a calibrated network (default: 0.9)')
    group.add_argument(
        '--balanced',
        action='store_true',
        help='correct the probabilities for how often each expression was '
        'trained on: rare ones are found more often')
    group = parser.add_argument_group('faces')
    group.add_argument(
        '--faces',
        type=_faces,
        default='detect',
        metavar='detect|whole|X1,Y1,X2,Y2[;...]',
        help='find faces (default), take each picture as a face, or read '
        'these boxes in pixels')
    group.add_argument(
        '--crop',
        default='ferplus',
        choices=('ferplus', 'prepared'),
        help='how faces are cut out: as in FER+ (default), or as '
        'tools/prepare_dataset.py does')
    group.add_argument(
        '--fast',
        action='store_true',
        default=fast,
        help='find the eyes less exactly, in half of the time' +
        (' (always so here)' if fast else ''))


def reader_options(args: argparse.Namespace) -> Any:
    """Return the :class:`ReaderOptions` of parsed arguments."""
    from ..inference.reader_options import ReaderOptions
    return ReaderOptions(
        args.model,
        args.weights,
        args.device,
        args.backend,
        args.faces,
        args.crop,
        args.coverage,
        args.batch_size,
        refine=not args.fast,
        precision=args.precision,
        balanced=args.balanced)


def _faces(text: str) -> Union[str, List[List[float]]]:
    """Parse the value of ``--faces``."""
    if text in ('detect', 'whole'):
        return text
    try:
        return [[float(number) for number in box.split(',')]
                for box in text.split(';')]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'{text!r}: expected detect, whole or boxes of four numbers, '
            'x1,y1,x2,y2, with ; between them') from None
