#!/usr/bin/env bash
# Runs the tests, in the environment that tools/setup_env.sh makes.
#
#   bash tools/run_tests.sh [arguments of pytest]
#
# Paths count from the root of the repository. Settings: MMFERMTL_ENV and
# PYTHON, see tools/setup_env.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(bash tools/setup_env.sh tests)
exec "$python" -m pytest "$@"
