"""One face of a photograph, for the subcommands that generate faces."""
import argparse
import os.path as osp
from typing import Any, List, Optional, Sequence, Tuple

from .predict_command import output_folder
from .reader_arguments import reader_options


def add_face_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that chooses a face."""
    parser.add_argument(
        '--face',
        type=int,
        help='which face, by its number in the output of predict (default: '
        'the largest)')


def output_picture(args: argparse.Namespace, command: str, name: str,
                   suffixes: Sequence[str]) -> str:
    """Choose the file of the result; check that it can be made.

    Args:
        args (argparse.Namespace): Of a subcommand with ``input`` and ``out``.
        command (str): Name of the subcommand.
        name (str): Of the file without ``--out``, with no suffix.
        suffixes (Sequence[str]): Those that are allowed.

    Raises:
        UserError: If it cannot be written, or the input is no picture.
    """
    from ..inference.edited_pictures import check_suffix
    from ..inference.picture_sources import is_film
    from ..utils.errors import UserError
    from ..utils.output_files import check_output_file
    if osp.isdir(args.input) or is_film(args.input):
        found = 'folder' if osp.isdir(args.input) else 'film'
        raise UserError(f'input {args.input}: found a {found}, expected a '
                        f'photograph, of which `mmfermtl {command}` takes one '
                        'at a time')
    out = args.out or osp.join(output_folder(args, command), f'{name}.png')
    check_suffix(out, suffixes)
    check_output_file('--out', out)
    return out


def read_one_face(args: argparse.Namespace,
                  out: str) -> Optional[Tuple[Any, Any, Any]]:
    """Read the face that was chosen.

    Args:
        args (argparse.Namespace): Of a subcommand with ``input``, ``face``
            and the arguments of the reader.
        out (str): The file that will be written.

    Returns:
        tuple, optional: The photograph, the reader and the reading; None,
        with a message, if no face is found.

    Raises:
        UserError: If the network has no generator, there is no such face, or
            ``out`` is the photograph itself.
    """
    from ..inference.picture_sources import read_picture
    from ..utils.errors import UserError
    image = read_picture(args.input)
    if osp.exists(out) and osp.samefile(args.input, out):
        raise UserError(f'--out {out}: this is the photograph itself; give '
                        'another name, so that it is kept')
    reader = reader_options(args).build()
    if not reader.backend.can_edit:
        raise UserError(f'{reader.backend.name} has no generator, so it '
                        'cannot edit faces; use a model with one')
    readings = reader.read([image])[0]
    if not readings:
        print(f'no_face: {args.input}; a face that fills the picture can be '
              'edited with --faces whole')
        return None
    return image, reader, _choose(readings, args.face)


def _choose(readings: List[Any], number: Optional[int]) -> Any:
    """Choose a face by its number from 1; by default the largest."""
    from ..utils.errors import UserError
    if number is None:
        number = 1 + max(
            range(len(readings)), key=lambda i: _area(readings[i].face.box))
        if len(readings) > 1:
            print(f'{len(readings)} faces; this is face {number}, choose '
                  'another with --face')
    if not 1 <= number <= len(readings):
        raise UserError(f'--face {number}: found {len(readings)} faces, '
                        f'expected a number from 1 to {len(readings)}')
    return readings[number - 1]


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
