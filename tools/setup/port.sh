# For tools/dist_train.sh and tools/dist_test.sh, which read this file.

# Fails with a message unless the port of the first node is free.
check_port() {
    python - "$1" "$2" <<'PYTHON'
import socket
import sys

port, script = sys.argv[1:]
try:
    socket.create_server(('', int(port))).close()
except (OSError, OverflowError, ValueError) as error:
    sys.exit(f'ERROR: port {port} cannot be used ({error}); another training '
             'may use it. Choose another, such as\n'
             f'  PORT=29511 bash {script} ...')
PYTHON
}
