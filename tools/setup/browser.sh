#!/usr/bin/env bash
# Brings what the tests of the private page need: Debian's Chromium with its
# driver, and the runtime of the page. What cannot be had is noted, and the
# tests that need it are skipped with that reason.
#
#   bash tools/setup/browser.sh PYTHON      of an environment with mmfermtl
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

have_browser() {
    command -v chromedriver >/dev/null &&
        { command -v chromium || command -v google-chrome; } >/dev/null
}

install_browser() {
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    local packages=(chromium chromium-driver)
    local options=(-qq -y --no-install-recommends)
    # The lists may be missing or old.
    timeout 600 apt-get install "${options[@]}" "${packages[@]}" ||
        { timeout 120 apt-get update -qq &&
            timeout 600 apt-get install "${options[@]}" "${packages[@]}"; }
}

if ! have_browser; then
    echo 'Installing Chromium and its driver by apt-get ...'
    install_browser >/dev/null 2>&1 || true
    have_browser ||
        echo 'Note: no Chromium; the tests of the page in a browser skip.'
fi
# Kept in ~/.cache/mmfermtl, where later runs find it.
"$1" -m mmfermtl.cli setup --web >/dev/null ||
    echo 'Note: the page lacks its runtime or detector; see above.'
exit 0
