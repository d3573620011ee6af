"""``mmfermtl explain``: what would have to change for other expressions."""
import argparse
from typing import Any, List, Optional

from .one_face import add_face_argument, output_picture, read_one_face
from .reader_arguments import add_reader_arguments

HELP = 'show what would have to change in a face for another expression'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument('input', help='photograph')
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--to',
        metavar='NAME',
        help='the other expression (default: the next most probable one)')
    group.add_argument(
        '--all', action='store_true', help='every other expression')
    add_face_argument(parser)
    parser.add_argument(
        '--out',
        metavar='FILE',
        help='the picture to write, .png, .jpg or .webp (default: in '
        'work_dirs/explain/NAME)')
    add_reader_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..inference.edited_pictures import PICTURE_SUFFIXES
    from ..utils.output_files import report_write_errors
    kind = 'all' if args.all else args.to or 'next'
    out = output_picture(args, 'explain', kind, PICTURE_SUFFIXES)
    found = read_one_face(args, out)
    if found is None:
        return 1
    image, reader, reading = found
    labels = _labels(args, reading)
    with report_write_errors('--out', out):
        _explain(image, reader, reading, labels, out)
    return 0


def _labels(args: argparse.Namespace, reading: Any) -> Optional[List[int]]:
    """Choose the other expressions; None for the next most probable one."""
    from ..inference.face_targets import find_expression
    if args.all:
        order = (-reading.scores).argsort(kind='stable')
        return [int(label) for label in order if label != reading.label]
    if args.to is None:
        return None
    return [find_expression(args.to, reading.classes)]


def _explain(image: Any, reader: Any, reading: Any,
             labels: Optional[List[int]], out: str) -> None:
    """Generate, draw, save, and say where the changes are."""
    from ..inference.counterfactual import (draw_change, explain_reading,
                                            faded_change, region_shares)
    from ..inference.edited_pictures import (EXPLAINED, around_face,
                                             save_marked, tile)
    face, names = reading.face, reading.classes
    print(f'read: {reading.name} {reading.score:.2f}')
    tiles, titles = [around_face(image, face.box)], ['photograph']
    for found in explain_reading(reader.backend, reading, labels):
        change = faded_change(found, face, image)
        text = (f'{names[found.label]} {reading.scores[found.label]:.2f}: by '
                f'at most {abs(change).max():.0f} of 255 grey levels')
        if face.landmarks is not None:
            shares = region_shares(change, reader.finder.geometry)
            text += '; ' + ', '.join(f'{name} {100 * share:.0f} %'
                                     for name, share in shares.items())
        print(text)
        drawn = draw_change(image, face, change)
        tiles.append(around_face(drawn, face.box))
        titles.append(f'to {names[found.label]}')
    save_marked(out, tile(tiles, titles, min(len(tiles), 4)), EXPLAINED)
    print('Orange would become brighter, blue darker, between two generated '
          'faces: of the expression read, and of the other one. It shows '
          f'what the generator does, which need not be why: {out}')
