# The parts of the original stack that pip cannot install by itself, for
# tools/setup_env.sh, which reads this file after common.sh.
#
# MMCV with its compiled operators comes as source alone. It is compiled once;
# the wheel is kept outside the environment, in a folder named after what it
# was compiled for: under another PyTorch it would not load.

readonly NODEPS=requirements/openmmlab_nodeps.txt

# pinned NAME FILE: its version.
pinned() {
    local version
    version=$(sed -n "s/^$1==//p" "$2")
    [[ -n $version ]] || fail "$2 pins no $1; it must say: $1==VERSION"
    printf '%s' "$version"
}

# wheel_folder PYTHON: where MMCV for this interpreter is kept.
wheel_folder() {
    local wheels=${MMFERMTL_WHEELS:-${XDG_CACHE_HOME:-$HOME/.cache}/mmfermtl}
    local python mmcv torch kind=cpu
    case $wheels in /*) ;; *) wheels=$PWD/$wheels ;; esac
    [[ ${FORCE_CUDA-0} != 1 ]] || kind=cuda
    python=$(minor_version "$1") || return
    mmcv=$(pinned mmcv "$NODEPS") || return
    torch=$(pinned torch requirements/openmmlab.txt) || return
    printf '%s/mmcv-%s_torch-%s_python-%s_%s_%s' "$wheels" "$mmcv" "$torch" \
        "$python" "$(uname -m)" "$kind"
}

# find_wheel FOLDER: path of the finished wheel in it; fails without one.
find_wheel() {
    local wheel
    for wheel in "$1"/mmcv-*.whl; do
        [[ -e $wheel ]] && printf '%s' "$wheel" && return
    done
    return 1
}

# Takes a moment, hence it is also called before anything is downloaded.
check_build_tools() {
    local python=$1 compiler=${CXX:-g++} folder version
    folder=$(wheel_folder "$python")
    if find_wheel "$folder" >/dev/null; then return; fi
    # CXX may hold options, too.
    # shellcheck disable=SC2086
    $compiler --version >/dev/null 2>&1 </dev/null || fail \
        "No C++ compiler: $compiler does not run." \
        "MMCV's operators are compiled from source. On Debian and Ubuntu:" \
        'apt-get install g++   (or name another compiler: CXX=clang++)'
    version=$(minor_version "$python")
    "$python" -c 'import os, sysconfig
os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))' \
        2>/dev/null </dev/null || fail \
        "$python has no header files (Python.h)." \
        "MMCV's operators are compiled against them. On Debian and Ubuntu:" \
        "apt-get install python$version-dev"
}

explain_build_failure() {
    local build_log=$1
    say "$(tail -n 20 "$build_log")"
    if no_space_left "$build_log"; then
        fail "No disk space was left while MMCV was compiled." \
            "It needs 2 GB at $(dirname "$build_log") and in TMPDIR." \
            'Free some, or put it elsewhere: MMFERMTL_WHEELS=/other/disk'
    elif grep -qE 'Killed|signal terminated program' "$build_log"; then
        fail 'A compiler was killed, most likely for want of memory.' \
            'Compile fewer files at a time, 2 GB each: MAX_JOBS=1 (what was' \
            'compiled is kept).'
    fi
    fail "MMCV does not compile; log: $build_log" \
        'Run the command again if it was interrupted: what was compiled is' \
        'kept.'
}

# unpack_mmcv VERSION FOLDER: its source, in FOLDER/source.
unpack_mmcv() {
    local archive=$2/mmcv-$1.tar.gz
    run_pip download --no-deps --no-build-isolation --no-binary mmcv \
        --dest "$2" "mmcv==$1"
    rm -rf "$2/unpacked"
    mkdir "$2/unpacked"
    tar -xzf "$archive" -C "$2/unpacked" --strip-components 1 || fail \
        "The archive of MMCV is broken: $archive" \
        'Remove it, then run the command again.'
    mv "$2/unpacked" "$2/source"
    rm "$archive"
}

# Compiles the wheel of MMCV, if there is none yet. To be called without
# capturing its output: bash ignores errors inside of $(...).
compile_mmcv() {
    local folder version build_log
    folder=$(wheel_folder "$env_python")
    if find_wheel "$folder" >/dev/null; then return; fi
    check_build_tools "$env_python"
    mkdir -p "$folder" || fail "$folder cannot be made." \
        'Name another folder for compiled wheels: MMFERMTL_WHEELS=/folder'
    version=$(pinned mmcv "$NODEPS")
    build_log=$folder/build.log
    # Compiled in this folder and not in a temporary one: after an
    # interruption only the remaining files are compiled.
    [[ -e $folder/source/setup.py ]] || unpack_mmcv "$version" "$folder"
    say "Compiling MMCV $version (8 minutes on two cores, log: $build_log) ..."
    # A GPU that is seen makes MMCV compile for it, which needs CUDA's compiler
    # and an hour. Nothing here needs these operators on a GPU; FORCE_CUDA=1
    # is MMCV's own switch for those who do.
    (
        [[ ${FORCE_CUDA-0} == 1 ]] || export CUDA_VISIBLE_DEVICES=
        # Where the environment's ninja is.
        export PATH="$(dirname "$env_python"):$PATH" MMCV_WITH_OPS=1
        "$env_python" -m pip wheel --verbose --no-cache-dir --use-pep517 \
            --no-build-isolation --no-deps --no-index \
            --wheel-dir "$folder/new" "$folder/source"
    ) >"$build_log" 2>&1 </dev/null || explain_build_failure "$build_log"
    mv "$folder/new/"mmcv-*.whl "$folder/"
    rm -rf "$folder/new" "$folder/source"
}

install_openmmlab() {
    local wheel
    compile_mmcv
    wheel=$(find_wheel "$(wheel_folder "$env_python")")
    # Even if this version is there: it may be of another PyTorch.
    run_pip install --no-deps --no-index --force-reinstall "$wheel"
    run_pip install --no-deps "mmagic==$(pinned mmagic "$NODEPS")"
}

check_openmmlab_imports() {
    local error
    error=$("$env_python" -c 'import mmcv.ops' 2>&1) || fail \
        "MMCV's operators do not load: ${error##*$'\n'}" \
        "Compile them again: rm -r '$(wheel_folder "$env_python")', then run" \
        'the command again.'
    error=$("$env_python" -c 'import mmagic.models' 2>&1) || fail \
        "MMagic does not load: ${error##*$'\n'}" \
        "Create the environment again: rm -r '$env_dir', then run the command" \
        'again.'
}
