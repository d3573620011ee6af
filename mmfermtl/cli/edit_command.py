"""``mmfermtl edit``: another expression on a face of a photograph."""
import argparse
from typing import Any

from .one_face import add_face_argument, output_picture, read_one_face
from .reader_arguments import add_reader_arguments

HELP = 'give a face of a photograph another expression'
#: Steps of a sweep in a row: a longer one is wrapped.
_COLUMNS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument('input', metavar='photo', help='a photograph')
    parser.add_argument(
        '--to',
        metavar='NAME[=WEIGHT][,...]',
        help='expression, such as happiness=.7; the rest of the weight is on '
        'the expression of the face (default: a grid of all expressions)')
    parser.add_argument(
        '--all', action='store_true', help='a grid of all expressions')
    parser.add_argument(
        '--sweep',
        type=int,
        metavar='STEPS',
        help='a strip of the photograph with a growing weight of --to, in '
        f'rows of {_COLUMNS}; a GIF if --out ends in .gif')
    add_face_argument(parser)
    parser.add_argument(
        '--out',
        metavar='FILE',
        help='the edited photograph, .png, .jpg or .webp (default: in '
        'work_dirs/edit/NAME)')
    add_reader_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..inference.edited_pictures import PICTURE_SUFFIXES
    from ..inference.face_targets import parse_edit
    from ..utils.errors import UserError
    from ..utils.output_files import report_write_errors
    if args.all and (args.to is not None or args.sweep is not None):
        raise UserError('--all shows every expression; leave out --to and '
                        '--sweep')
    if args.sweep is not None and args.to is None:
        raise UserError('--sweep: give the expression too, such as --to '
                        'happiness')
    weights = None if args.to is None else parse_edit(args.to)
    kind = 'grid' if weights is None else '_'.join(weights)
    if args.sweep is None:
        out = output_picture(args, 'edit', kind, PICTURE_SUFFIXES)
    else:
        out = output_picture(args, 'edit', f'{kind}_sweep',
                             (*PICTURE_SUFFIXES, '.gif'))
    found = read_one_face(args, out)
    if found is None:
        return 1
    image, reader, reading = found
    with report_write_errors('--out', out):
        _edit(args, reader, image, reading, weights, out)
    return 0


def _edit(args: argparse.Namespace, reader: Any, image: Any, reading: Any,
          weights: Any, out: str) -> None:
    """Generate, save, and say what the network reads in the result."""
    from ..inference.edited_pictures import (around_face, save_animation,
                                             save_marked, tile)
    from ..inference.face_editing import edit_face
    from ..inference.face_targets import edit_targets, sweep_targets
    backend = reader.backend
    names = backend.classes
    if args.sweep is not None:
        targets = sweep_targets(weights, args.sweep, names, reading.label)
    else:
        targets = edit_targets('all' if weights is None else weights, names,
                               reading.label)
    edited = edit_face(backend, image, reading, targets)
    pictures = [face.picture for face in edited]
    box = reading.face.box
    if out.lower().endswith('.gif'):
        save_animation(out, pictures)
    elif weights is None:
        parts = [around_face(p, box) for p in (image, *pictures)]
        save_marked(out, tile(parts, ['photograph', *names], 3))
    elif args.sweep is not None:
        parts = [around_face(p, box) for p in pictures]
        titles = [
            f'{step / (len(parts) - 1):.0%}' for step in range(len(parts))
        ]
        save_marked(out, tile(parts, titles, min(len(parts), _COLUMNS)))
    else:
        save_marked(out, pictures[0])
    print(f'before: {reading.name} {reading.score:.2f}')
    if weights is not None:
        again = reader.read_crop(edited[-1].fake)
        print(f'after: {again.name} {again.score:.2f}, by the same network')
    size = backend.image_size
    print(f'Generated in grey at {size[1]} x {size[0]} pixels; the change of '
          'luminance is put into the photograph, whose colour and size stay. '
          f'Marked as edited: {out}')
