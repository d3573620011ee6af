"""``mmfermtl predict``: expressions of photographs, folders and films."""
import argparse
import os.path as osp
import re
import sys
from typing import Any, Optional

from .reader_arguments import add_reader_arguments, reader_options

HELP = 'read the expressions in photographs, folders and films'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        'input',
        nargs='+',
        help='photograph, folder, glob or film; or several photographs')
    parser.add_argument(
        '--out',
        help='folder for predictions.csv, predictions.jsonl and annotated '
        'pictures (default: work_dirs/predict/NAME)')
    parser.add_argument(
        '--no-draw',
        action='store_true',
        help='write no annotated pictures and films')
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='start again, instead of going on where a run over many pictures '
        'stopped, or replace its results')
    parser.add_argument(
        '--workers',
        type=int,
        default=1,
        help='processes for many pictures (default: 1)')
    group = parser.add_argument_group('films')
    group.add_argument(
        '--every', type=int, default=1, help='read each n-th frame')
    group.add_argument(
        '--fps', type=float, help='read at most so many frames a second')
    group.add_argument(
        '--smooth',
        type=float,
        default=0.,
        metavar='SECONDS',
        help='smooth the probabilities along a track (default: 0, none)')
    add_reader_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..inference.picture_sources import is_film
    from ..utils.errors import UserError
    if args.workers < 1:
        raise UserError(f'--workers {args.workers}: expected at least 1')
    if not 0 <= args.smooth < 1e6:
        raise UserError(f'--smooth {args.smooth}: expected seconds from 0')
    several = args.input[1:]
    args.input = args.input if several else args.input[0]
    if not several and is_film(args.input) and not osp.isdir(args.input):
        return _predict_film(args)
    for name, usual in (('every', 1), ('fps', None), ('smooth', 0.)):
        value = getattr(args, name)
        if value != usual:
            raise UserError(f'--{name} {value}: is of films, found pictures; '
                            'leave it out')
    return _predict_pictures(args)


def output_folder(args: argparse.Namespace, kind: str) -> str:
    """Choose the folder of the results, by the name of the input.

    A glob has that of the folder before its first wildcard, and several files
    that of the folder that holds them.
    """
    from ..inference.picture_sources import common_root, picture_root
    if args.out:
        return args.out
    if isinstance(args.input, list):
        named = common_root(args.input)
    else:
        named = picture_root(args.input) or args.input
    stem = osp.basename(osp.abspath(named))
    stem = re.sub(r'[^\w.-]+', '_', osp.splitext(stem)[0]).strip('._')
    return osp.join('work_dirs', kind, stem or 'input')


def _predict_film(args: argparse.Namespace) -> int:
    """Read a film."""
    from ..inference.film_prediction import predict_film
    from ..inference.film_reader import FilmReader
    from ..inference.result_files import ResultFiles
    from ..utils.text_table import format_table
    film = FilmReader(args.input, args.every, args.fps)
    options = reader_options(args)
    reader = options.build()
    folder = output_folder(args, 'predict')
    with ResultFiles(
            folder,
            reader.backend.classes,
            options.recorded(),
            overwrite=args.overwrite) as files:
        summary = predict_film(film, reader, files, not args.no_draw,
                               args.smooth)
    if summary.frames:
        print(format_table(('expression', 'share of time'), summary.rows()))
    print(f'{summary.frames} frames, {summary.faces} faces in '
          f'{summary.tracks} tracks (a track is no identity), '
          f'{summary.no_face} frames without a face')
    return _end(files, reader)


def _predict_pictures(args: argparse.Namespace) -> int:
    """Read a photograph, a folder or a glob."""
    from dataclasses import replace

    from ..inference.backend_loading import is_exported
    from ..inference.picture_parts import launched_part
    from ..inference.picture_prediction import predict_pictures
    from ..inference.picture_sources import (common_root, list_files,
                                             list_pictures, picture_root)
    from ..inference.result_files import ResultFiles
    root: Optional[str]
    if isinstance(args.input, list):
        pictures, root = list_files(args.input), common_root(args.input)
    else:
        pictures, root = list_pictures(args.input), picture_root(args.input)
    many = root is not None
    options = reader_options(args)
    folder = out = output_folder(args, 'predict')
    part = launched_part() if many else None
    own = pictures
    if part is not None:
        own, folder = part.choose(pictures), part.folder(out)
        print(f'process {part.rank + 1} of {part.total}: {len(own)} of '
              f'{len(pictures)} pictures')
        # An exported model runs on the CPU unless asked.
        if args.device == 'cuda' or (args.device is None
                                     and not is_exported(options.model)):
            options = replace(options, device=_gpu(part.local_rank))
    reader = options.build()
    with ResultFiles(
            folder,
            reader.backend.classes,
            dict(
                options.recorded(),
                draw=not args.no_draw,
                # Names in the rows are relative to it.
                input=root and osp.realpath(root)),
            resume=many,
            overwrite=args.overwrite) as files:
        if files.finished:
            print(f'{len(files.finished)} pictures were finished before')
        predict_pictures(own, options, files, not args.no_draw,
                         args.workers if many else 1, reader)
    if part is not None and part.merge(out, pictures):
        print(f'the results of all {part.total} processes: {out}')
    if len(pictures) == 1:
        _print_rows(files.csv_path, pictures[0].name)
    return _end(files, reader)


def _gpu(number: int) -> Any:
    """Name the GPU of a process; None without GPUs or PyTorch."""
    from importlib.util import find_spec
    if find_spec('torch') is None:
        return None
    import torch
    count = torch.cuda.device_count()
    return f'cuda:{number % count}' if count else None


def _print_rows(path: str, name: str) -> None:
    """Print the faces of a picture."""
    import csv

    from ..inference.result_rows import csv_file_name
    from ..utils.safe_text import printable
    name = csv_file_name(name)
    with open(
            path, encoding='utf-8', errors='surrogateescape',
            newline='') as file:
        rows = [row for row in csv.DictReader(file) if row['file'] == name]
        for number, row in enumerate(rows, 1):
            if row['status'] != 'ok':
                print(
                    printable(f"{row['status']}: {row['note']}".rstrip(': ')))
                continue
            text = f"face {number}: {row['class']} {row['probability'][:5]}"
            if row['set']:
                text += f" (possible: {row['set'].replace(' ', ', ')})"
            text += f", box {row['box']} {row['note']}"
            print(printable(text.rstrip()))


def _end(files: Any, reader: Any) -> int:
    """Say where the results are, and return the exit code."""
    counts = files.counts
    print(f'{counts["ok"]} faces, {counts["no_face"]} without a face, '
          f'{counts["error"]} errors: {files.csv_path}')
    if reader.calibration is None:
        print('The network is not calibrated: its probabilities are scores.')
    if counts['error']:
        print('Rows with status error say why.', file=sys.stderr)
    return 1 if counts['error'] else 0
