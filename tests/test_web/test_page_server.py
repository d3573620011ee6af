"""The server of the private page, without a browser."""
import http.client
import socket
import threading

import pytest

from mmfermtl.utils.errors import UserError
from mmfermtl.web.page_files import PageFile
from mmfermtl.web.page_server import HEADERS, PageServer

FILES = {
    'index.html': PageFile(b'<p>page</p>', 'text/html; charset=utf-8'),
    'runtime/a.wasm': PageFile(b'\0asm', 'application/wasm'),
}


@pytest.fixture(scope='module')
def server():
    with PageServer(FILES, port=0) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs=dict(poll_interval=0.01))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, path, method='GET', **headers):
    """Send one request; return its status, headers and content."""
    connection = http.client.HTTPConnection('127.0.0.1', server.server_port)
    connection.putrequest(method, path, skip_host='Host' in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_files(server):
    for path, name in (('/', 'index.html'), ('/index.html', 'index.html'),
                       ('/?a=1', 'index.html'), ('/runtime/a.wasm',
                                                 'runtime/a.wasm')):
        status, headers, content = ask(server, path)
        assert (status, content) == (200, FILES[name].content)
        assert headers['Content-Type'] == FILES[name].mime_type
        assert headers['Content-Length'] == str(len(content))
    status, headers, content = ask(server, '/runtime/a.wasm', 'HEAD')
    assert (status, content, headers['Content-Length']) == (200, b'', '4')


@pytest.mark.parametrize('path', [
    '/runtime', '/runtime/', '/runtime/..', '/../setup.cfg', '//example.com/',
    '/runtime/../index.html', '/%2e%2e/%2e%2e/etc/passwd', '/etc/passwd',
    '/./index.html', '/index.html%00', '/%', '/index.html/', 'index.html',
    '\\index.html', '/.git/config', '/' + 'a' * 5000
])
def test_other_paths(server, path):
    """Nothing but the files, and no list of them."""
    status, headers, content = ask(server, path)
    assert status == 404 and b'page</p>' not in content
    assert headers['Content-Security-Policy']


def test_headers(server):
    """Strict, with errors, too, and silent about Python."""
    for path in ('/', '/none'):
        headers = ask(server, path)[1]
        for name, value in HEADERS.items():
            assert headers.get_all(name) == [value]
        assert headers['Server'].strip() == 'mmfermtl'
    rules = dict(
        rule.split(' ', 1)
        for rule in HEADERS['Content-Security-Policy'].split('; '))
    assert rules['default-src'] == "'none'"
    assert rules['script-src'] == "'self' 'wasm-unsafe-eval'"
    assert rules['connect-src'] == rules['style-src'] == "'self'"
    assert rules['frame-ancestors'] == "'none'"
    text = HEADERS['Content-Security-Policy']
    assert 'unsafe-inline' not in text and "'unsafe-eval'" not in text
    assert 'http' not in text and '*' not in text


@pytest.mark.parametrize('host', [
    'example.com', '127.0.0.1', 'localhost:1', '', '127.0.0.1.example.com',
    'mmfermtl.example:{port}', '[::1]:{port}', '127.0.0.1:{port}:1'
])
def test_other_hosts(server, host):
    """A name of a stranger that leads here is refused."""
    host = host.format(port=server.server_port)
    status, _, content = ask(server, '/', Host=host)
    assert status == 421 and b'page</p>' not in content


def test_own_hosts(server):
    for name in ('127.0.0.1', 'localhost'):
        assert ask(server, '/', Host=f'{name}:{server.server_port}')[0] == 200


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS'])
def test_other_methods(server, method):
    assert ask(server, '/', method)[0] == 501


def test_two_hosts_and_none(server):
    for lines in ('', 'Host: 127.0.0.1:{0}\r\nHost: localhost:{0}\r\n'):
        text = f'GET / HTTP/1.1\r\n{lines.format(server.server_port)}\r\n'
        address = ('127.0.0.1', server.server_port)
        with socket.create_connection(address) as client:
            client.sendall(text.encode())
            assert b' 421 ' in client.makefile('rb').readline()


def test_this_machine_alone(server):
    assert server.socket.getsockname()[0] == '127.0.0.1'
    assert server.url == f'http://127.0.0.1:{server.server_port}/'


@pytest.mark.parametrize('error, silent', [(BrokenPipeError, True),
                                           (ConnectionResetError, True),
                                           (TimeoutError, True),
                                           (KeyError, False)])
def test_a_browser_that_left_is_no_error(server, error, silent, capsys):
    try:
        raise error
    except error:
        server.handle_error(None, ('127.0.0.1', 1))
    assert (capsys.readouterr().err == '') == silent


def test_ports(server):
    with pytest.raises(UserError, match='expected a number from 0'):
        PageServer(FILES, port=70000)
    with pytest.raises(UserError, match='cannot be listened on'):
        PageServer(FILES, port=server.server_port)
