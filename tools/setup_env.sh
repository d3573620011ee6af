#!/usr/bin/env bash
# Makes the Python environment of this repository, or brings it up to date.
#
#   bash tools/setup_env.sh [tests]             the modern stack
#   bash tools/setup_env.sh openmmlab [tests]   the original one, with MMagic
#
# `tests` adds the test tools and linters. Prints the path of the environment's
# interpreter on stdout, and everything else on stderr. Takes a moment if
# nothing has changed since the last time; if it was interrupted, run it again.
# Settings, as environment variables:
#   MMFERMTL_ENV     folder of the environment, from the root (default: .venv,
#                    of the original stack: .venv-openmmlab)
#   PYTHON           interpreter to make it with (default: the newest of 3.13
#                    to 3.10 on PATH; of the original stack: 3.11)
#   MMFERMTL_WHEELS  where the original stack keeps MMCV, which it compiles
#                    (default: ~/.cache/mmfermtl); MAX_JOBS, CXX and FORCE_CUDA
#                    are heeded by the compilation
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup/common.sh
source tools/setup/openmmlab.sh

# An environment has one stack: both install the modules mmengine, mmcv, ...
stack=onedl
env_dir=.venv
pythons=(3.13 3.12 3.11 3.10)
accepted='(3, 10) <= version'
named='3.10 or newer'
wished='3.10 to 3.13'
# Size of a complete environment with the CUDA build of PyTorch, plus room for
# the archives while they are unpacked.
needed_gb=9
other_stack=mmengine
stamp=.mmfermtl_setup
if [[ ${1-} == openmmlab ]]; then
    shift
    stack=openmmlab
    env_dir=.venv-openmmlab
    pythons=(3.11)
    accepted='(3, 11) == version'
    named='3.11'
    wished='3.11, which the pins of the original stack are for'
    needed_gb=11
    other_stack=onedl_mmengine
    stamp+=_openmmlab
fi
requirements=(requirements/$stack.txt)
case "$*" in
'') ;;
tests)
    requirements+=(requirements/tests.txt)
    stamp+=_tests
    ;;
*) fail "Unknown argument: $*" \
    'usage: bash tools/setup_env.sh [openmmlab] [tests]' ;;
esac
requirements+=(requirements/runtime.txt)
env_dir=${MMFERMTL_ENV:-$env_dir}
case $env_dir in /*) ;; *) env_dir=$PWD/$env_dir ;; esac
env_python=$env_dir/bin/python
log=$env_dir/setup.log
# Settings of the user's pip and Python which would lead out of the folder.
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
export PIP_DEFAULT_TIMEOUT=${PIP_DEFAULT_TIMEOUT:-60}

# Runs it: a pyenv shim of a version that is not installed exists and fails.
works() {
    "$1" -c "import sys
version = sys.version_info[:2]
sys.exit(not $accepted)" >/dev/null 2>&1 </dev/null
}

find_python() {
    local candidate
    if [[ -n ${PYTHON-} ]]; then
        works "$PYTHON" || fail \
            "PYTHON=$PYTHON cannot be run, or is not Python $named." \
            "Name an interpreter of Python $wished," \
            'or unset PYTHON.'
        printf '%s' "$PYTHON"
        return
    fi
    for candidate in "${pythons[@]/#/python}" python3 python; do
        if works "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    fail "No Python $named was found on PATH." \
        "Install one of Python $wished," \
        'or name it: PYTHON=/path/to/python'
}

check_disk() {
    local parent=$env_dir free
    while [[ ! -d $parent ]]; do parent=$(dirname "$parent"); done
    free=$(df -Pk "$parent" | awk 'NR == 2 {print int($4 / 1048576)}')
    [[ $free -ge $needed_gb ]] || fail \
        "No disk space: $free GB are free at $parent, $needed_gb are needed." \
        'Free some, or put the environment elsewhere: MMFERMTL_ENV=/other/disk'
}

minor_version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# An environment is kept if it runs, has pip, and has the Python asked for.
env_is_usable() {
    works "$env_python" && "$env_python" -m pip --version >/dev/null 2>&1 &&
        { [[ -z ${PYTHON-} ]] ||
            [[ $(minor_version "$env_python") == \
            $(minor_version "$PYTHON") ]]; }
}

make_env() {
    local python version
    python=$(find_python)
    version=$(minor_version "$python")
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "$python has no venv module, which makes environments." \
        "On Debian and Ubuntu: apt install python$version-venv" \
        '(or: apt install python3-venv)'
    # Cleared below, so it has to be an environment, or new.
    if [[ -n $(ls -A "$env_dir" 2>/dev/null) &&
        ! -e $env_dir/pyvenv.cfg ]]; then
        fail "$env_dir is not a Python environment; nothing was touched." \
            'Remove it, or name another folder: MMFERMTL_ENV=/path/to/folder'
    fi
    [[ $stack != openmmlab ]] || check_build_tools "$python"
    check_disk
    say "Making $env_dir with Python $version ..."
    "$python" -m venv --clear "$env_dir" >&2 ||
        fail "$python -m venv failed; see its message above."
}

# What the environment must have been made from to be up to date.
fingerprint() {
    local files=("${requirements[@]}" setup.py setup.cfg mmfermtl/version.py)
    [[ $stack != openmmlab ]] || files+=("$NODEPS")
    "$env_python" - "$PWD" "${files[@]}" <<'PYTHON'
import hashlib
import sys

digest = hashlib.sha256(f'{sys.version} {sys.argv[1]}'.encode())
for name in sys.argv[2:]:
    with open(name, 'rb') as file:
        digest.update(file.read())
print(digest.hexdigest())
PYTHON
}

# pip takes a package for installed as soon as its metadata are there. One cut
# off in the middle gets its metadata removed, so that pip installs it again.
drop_half_installed() {
    "$env_python" - <<'PYTHON'
import shutil
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

for dist in distributions(path=[sysconfig.get_path('purelib')]):
    folder = Path(dist._path)
    complete = (folder / 'RECORD').is_file() and all(
        file.suffix == '.pyc' or Path(file.locate()).exists()
        for file in dist.files)
    if folder.suffix == '.dist-info' and not complete:
        print(f'Repairing {folder.stem}', file=sys.stderr)
        shutil.rmtree(folder)
PYTHON
}

check_imports() {
    local error
    error=$("$env_python" -c 'import cv2' 2>&1) || fail \
        "OpenCV does not load: ${error##*$'\n'}" \
        'It uses two libraries of the system. On Debian and Ubuntu:' \
        'apt-get install libgl1 libglib2.0-0'
    error=$("$env_python" -c 'import torch, torchvision, mmcv, mmfermtl' \
        2>&1) || fail \
        "The environment does not load: ${error##*$'\n'}" \
        "Create it again: rm -r '$env_dir', then run the command again."
}

command -v git >/dev/null ||
    say 'Note: git is missing. The project runs without, but cannot be updated.'
env_is_usable || make_env
if compgen -G \
    "$env_dir/lib/python*/site-packages/$other_stack-*.dist-info" >/dev/null
then
    fail "$env_dir holds the other stack, which has the same modules." \
        'Name a folder of its own for this one: MMFERMTL_ENV=/path/to/folder'
fi
stamp=$env_dir/$stamp
wanted=$(fingerprint)
if [[ $(cat "$stamp" 2>/dev/null) != "$wanted" || ! -e mmfermtl/.mim ]]; then
    rm -f "$stamp"
    drop_half_installed
    say "Installing into $env_dir (minutes the first time; log: $log) ..."
    # The modern MMCV is pure Python without its operators: no compiler needed.
    MMCV_WITH_OPS=0 run_pip install "${requirements[@]/#/--requirement=}"
    [[ $stack != openmmlab ]] || install_openmmlab
    # The build tools are there by now, PyTorch requires them.
    run_pip install --no-deps --no-build-isolation --use-pep517 --editable .
    check_imports
    [[ $stack != openmmlab ]] || check_openmmlab_imports
    printf '%s\n' "$wanted" >"$stamp"
    say "The environment is ready: $env_dir"
    # What no package brings. Training does without.
    "$env_python" -m mmfermtl.cli setup >&2 </dev/null ||
        say 'Note: photographs cannot be read until `mmfermtl setup` has run.'
fi
printf '%s\n' "$env_python"
