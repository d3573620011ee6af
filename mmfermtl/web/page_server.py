"""Serve the private page to this machine alone."""
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Mapping
from urllib.parse import unquote, urlsplit

from ..utils.errors import UserError
from .page_files import CONTENT_POLICY, PageFile

#: Only programs of this machine reach it.
ADDRESS = '127.0.0.1'
DEFAULT_PORT = 8451
#: Sent with every answer, errors included.
HEADERS = {
    # Frames cannot be forbidden in the markup.
    'Content-Security-Policy': f"{CONTENT_POLICY}; frame-ancestors 'none'",
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(self), microphone=(), geolocation=(), '
    'display-capture=(), usb=(), payment=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    # Another version or model may be served from the same address.
    'Cache-Control': 'no-store',
}


class PageServer(ThreadingHTTPServer):
    """A server of files in memory, on 127.0.0.1.

    It has no folder: a path is looked up among the files of the page, and
    everything else is not found. A request under another name than this
    address is refused, so that a page of a stranger cannot reach it by a name
    that leads here.

    Args:
        files (Mapping[str, PageFile]): Of :func:`collect_page`.
        port (int): 0 for any that is free. Defaults to 8451.

    Raises:
        UserError: If the port is out of range or in use.

    Examples:
        >>> from mmfermtl.web.page_files import PageFile
        >>> page = PageFile(b'hello', 'text/html')
        >>> with PageServer({'index.html': page}, port=0) as server:
        ...     print(server.url.rpartition(':')[0])
        http://127.0.0.1
    """

    daemon_threads = True

    def __init__(self,
                 files: Mapping[str, PageFile],
                 port: int = DEFAULT_PORT) -> None:
        if not 0 <= port <= 65535:
            raise UserError(f'--port {port}: expected a number from 0 to '
                            '65535')
        self.files: Dict[str, PageFile] = dict(files)
        try:
            super().__init__((ADDRESS, port), PageHandler)
        except OSError as error:
            raise UserError(f'--port {port}: cannot be listened on '
                            f'({error.strerror}); give another, or 0 for any '
                            'that is free') from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep silent about a browser that has left."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """str: The address of the page."""
        return f'http://{ADDRESS}:{self.server_port}/'

    @property
    def hosts(self) -> set:
        """set[str]: The names under which the page may be asked for."""
        return {
            f'{name}:{self.server_port}'
            for name in (ADDRESS, 'localhost')
        }


class PageHandler(BaseHTTPRequestHandler):
    """Answer GET and HEAD; every other method is not implemented."""

    server: PageServer
    server_version = 'mmfermtl'
    sys_version = ''
    #: Seconds after which a silent client is left.
    timeout = 30

    def do_GET(self) -> None:  # noqa: N802
        """Send a file."""
        self._answer(with_content=True)

    def do_HEAD(self) -> None:  # noqa: N802
        """Send the headers of a file."""
        self._answer(with_content=False)

    def _answer(self, with_content: bool) -> None:
        if self.headers.get_all('Host',
                                []) not in [[h] for h in self.server.hosts]:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        # The query is of no use here, and is not looked at.
        path = unquote(urlsplit(self.path).path)
        file = self.server.files.get(path[1:] or 'index.html')
        if file is None or not path.startswith('/'):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header('Content-Type', file.mime_type)
        self.send_header('Content-Length', str(len(file.content)))
        self.end_headers()
        if with_content:
            self.wfile.write(file.content)

    def end_headers(self) -> None:
        """Add the headers of every answer."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep silent: what is looked at is nobody's business."""
