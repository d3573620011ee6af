"""``mmfermtl web``: read and edit faces in the browser, on this machine."""
import argparse
from typing import Any

HELP = 'show a private page that reads and edits faces in the browser'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        '--model',
        metavar='DIR',
        help='folder of `mmfermtl export`, or published weights by name or '
        'as a .safetensors file, which are exported first (default: the '
        'shipped weights)')
    parser.add_argument(
        '--port',
        type=int,
        help='port on 127.0.0.1, 0 for any that is free (default: 8451)')
    parser.add_argument(
        '--export',
        metavar='DIR',
        help='write the page as a folder for a static host, and serve '
        'nothing')
    parser.add_argument(
        '--open', action='store_true', help='open it in the default browser')
    parser.add_argument(
        '--coverage',
        type=float,
        default=0.9,
        help='how often the set of possible expressions should hold the '
        'right one, for a calibrated network (default: 0.9)')
    parser.add_argument(
        '--crop',
        default='ferplus',
        choices=('ferplus', 'prepared'),
        help='how faces are cut out: as in FER+ (default), or as '
        'tools/prepare_dataset.py does')


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from ..utils.errors import UserError
    from ..web.page_export import check_export_folder, export_page
    from ..web.page_files import collect_page, find_downloads
    if args.export is not None:
        if args.port is not None or args.open:
            raise UserError('--export serves nothing; leave out --port and '
                            '--open')
        check_export_folder(args.export)
    # What is missing is said before a network is exported for a minute.
    find_downloads()
    files = collect_page(_find_model(args.model), args.crop, args.coverage)
    if args.export is not None:
        size = export_page(files, args.export)
        print(f'{args.export}: {len(files)} files, {size / 1e6:.1f} MB. Put '
              'the folder on any static host; photographs stay in the '
              'browser there, too.')
        return 0
    return _serve(args, files)


def _find_model(name: Any) -> str:
    """Return the folder of an exported model, which may be made for it."""
    import os.path as osp

    from ..inference.backend import DEFAULT_WEIGHTS
    if name is not None and osp.isdir(name):
        return name
    from .web_model import export_weights
    return export_weights(name or DEFAULT_WEIGHTS)


def _serve(args: argparse.Namespace, files: Any) -> int:
    """Serve the page until Ctrl-C."""
    import webbrowser

    from ..web.page_server import DEFAULT_PORT, PageServer
    port = DEFAULT_PORT if args.port is None else args.port
    with PageServer(files, port) as server:
        print(
            f'The page: {server.url}\nIt is served to this machine alone, '
            'and photographs stay in the browser. Ctrl-C ends it.',
            flush=True)
        if args.open:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            # The usual end, also of SIGTERM.
            print('ended')
    return 0
