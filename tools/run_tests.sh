#!/usr/bin/env bash
# Runs the tests, in the environment that tools/setup_env.sh makes.
#
#   bash tools/run_tests.sh [--stack openmmlab] [arguments of pytest]
#
# `--stack openmmlab` runs them on the original stack of OpenMMLab, which is
# installed at the first time. Paths count from the root of the repository.
# Without arguments all tests run, on up to four cores.
# Settings: MMFERMTL_ENV, PYTHON and others, see tools/setup_env.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stack=()
if [[ ${1-} == --stack || ${1-} == --stack=* ]]; then
    name=${1#--stack}
    name=${name#=}
    if [[ -z $name ]]; then
        name=${2-}
        shift
    fi
    case $name in
    onedl) ;;
    openmmlab) stack=(openmmlab) ;;
    *)
        printf 'ERROR: --stack takes onedl or openmmlab, not: %s\n' \
            "$name" >&2
        exit 1
        ;;
    esac
    shift
fi
# Bash 3 treats an empty array as unset, hence this expansion.
python=$(bash tools/setup_env.sh ${stack[@]+"${stack[@]}"} tests)
# The tensors are small: more threads than one a worker only wait.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
if [[ $# == 0 ]]; then
    # Each worker takes 2 GB and renders its own datasets.
    set -- -n auto --maxprocesses 4 --dist worksteal
fi
exec "$python" -m pytest "$@"
