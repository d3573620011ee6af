# Messages and pip for tools/setup_env.sh, which reads this file. Uses its
# variables env_dir, env_python, log and needed_gb.

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "ERROR: $1"
    shift
    local line
    for line in "$@"; do say "  $line"; done
    exit 1
}

network_failed() {
    grep -qiE 'NewConnectionError|NameResolutionError|name resolution|'\
'connection (refused|reset|timed out|broken)|ReadTimeout|ConnectTimeout|'\
'IncompleteRead|network is unreachable|ProxyError|SSLError' "$log"
}

no_space_left() {
    grep -qiE 'no space left|errno 28|disk quota' "$1"
}

explain_pip_failure() {
    if no_space_left "$log"; then
        fail 'No disk space was left during the installation.' \
            "The environment needs $needed_gb GB at $env_dir, and pip room" \
            'for archives in TMPDIR (default: /tmp) and in its cache.'
    elif network_failed; then
        fail 'No network: the package index could not be reached.' \
            'Check the connection and the proxy (https_proxy), then run the' \
            'command again: what was downloaded is kept.'
    fi
    fail "pip failed; see its messages above and in $log." \
        'Run the command again if the download was interrupted.'
}

# Runs a command of pip which downloads. pip resumes a lost connection only
# before a download has begun.
run_pip() {
    local attempt
    for attempt in 1 2 3; do
        if "$env_python" -m pip "$@" 2>&1 </dev/null |
            tee "$log" >&2; then
            return
        fi
        network_failed || break
        say "The network failed (attempt $attempt of 3)."
    done
    explain_pip_failure
}
