"""``mmfermtl webcam``: the expressions in front of a camera."""
import argparse
import os.path as osp
import sys
from contextlib import ExitStack
from typing import Any, Iterator, Tuple

from .reader_arguments import add_reader_arguments, reader_options

HELP = 'read the expressions in front of a camera'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        'input',
        nargs='?',
        default='webcam:0',
        metavar='camera',
        help='webcam:NUMBER, or a film that is played in place of a camera '
        '(default: webcam:0)')
    parser.add_argument(
        '--out',
        metavar='FOLDER',
        help='write predictions.csv and predictions.jsonl there (default: '
        'write nothing)')
    parser.add_argument(
        '--record',
        action='store_true',
        help='write the annotated film to --out, too; ask who is seen')
    parser.add_argument(
        '--no-show', action='store_true', help='open no window')
    parser.add_argument(
        '--frames', type=int, help='end after so many frames were read')
    parser.add_argument(
        '--smooth',
        type=float,
        default=0.5,
        metavar='SECONDS',
        help='smooth the probabilities along a track (default: 0.5)')
    add_reader_arguments(parser, fast=True)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..inference.camera import NewestFrame
    from ..inference.camera_session import (read_camera, run_camera,
                                            show_picture)
    from ..inference.face_tracks import FaceTracker
    from ..inference.film_writer import FilmWriter
    from ..inference.result_files import ResultFiles
    from ..utils.errors import UserError
    if args.record and not args.out:
        raise UserError('--record: give --out, the folder to write to')
    if args.no_show and not args.out:
        raise UserError('--no-show without --out would have no result; give '
                        '--out')
    if args.frames is not None and args.frames < 1:
        raise UserError(f'--frames {args.frames}: expected at least 1')
    if not 0 <= args.smooth < 1e6:
        raise UserError(f'--smooth {args.smooth}: expected seconds from 0')
    frames, film = _open(args.input)
    options = reader_options(args)
    reader = options.build()
    with ExitStack() as stack:
        files = writer = None
        if args.out:
            files = stack.enter_context(
                ResultFiles(args.out, reader.backend.classes,
                            options.recorded()))
        if args.record:
            path = osp.join(args.out, 'annotated.mp4')
            writer = stack.enter_context(FilmWriter(path))
        newest = stack.enter_context(NewestFrame(frames))
        live = read_camera(newest, reader, FaceTracker(smoothing=args.smooth),
                           args.frames)
        count = run_camera(live, args.input, files, writer,
                           None if args.no_show else show_picture)
    print(f'{count} frames read, {newest.dropped} older ones dropped')
    if files is not None:
        print(f'{files.counts["ok"]} faces, {files.counts["no_face"]} frames '
              f'without a face: {files.csv_path}')
    fault = '' if film is None else film.fault
    if not count:
        raise UserError(fault or f'{args.input}: gave no frame; check that it '
                        'is a camera or film that works')
    if fault:
        print(fault, file=sys.stderr)
    return 1 if fault else 0


def _open(source: str) -> Tuple[Iterator[Any], Any]:
    """Open a camera, or a film in its place, which is returned, too."""
    from ..inference.camera import camera_frames, camera_number, paced
    from ..inference.film_reader import FilmReader
    number = camera_number(source)
    if number is not None:
        return camera_frames(number), None
    film = FilmReader(source)
    return paced(film), film
