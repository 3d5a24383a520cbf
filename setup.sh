#!/bin/sh
# Makes .venv and installs exactly what requirements.lock names, then the project itself in place.
# Usage: setup.sh [PYTHON]. Needs one Python of 3.11 to 3.13; copes where it comes without ensurepip (bare Debian).
set -eu
cd "$(dirname "$0")"
wanted=${1:-}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; }
minor() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
runs() { "$@" >/dev/null 2>&1; }

pick_python() {
    if [ -n "$wanted" ]; then
        suits "$wanted" || fail "$wanted is not a working Python of 3.11, 3.12 or 3.13."
        printf '%s\n' "$wanted"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if suits "$candidate"; then printf '%s\n' "$candidate"; return; fi
    done
    fail "needs Python 3.11, 3.12 or 3.13 as python3 on PATH, or named: make setup PYTHON=/path/to/python3"
}

# A package named by the lock, with its hashes, as a requirements file of its own.
locked() { awk -v name="$1==" 'index($0, name) == 1 { on = 1 } on { print; if ($0 !~ /\\$/) exit }' requirements.lock; }

with_venv() { rm -rf .venv; runs "$1" -m venv .venv && runs .venv/bin/python -m pip --version; }
with_pip() {
    runs "$1" -m pip --version || return 1
    rm -rf .venv
    runs "$1" -m venv --without-pip .venv && runs "$1" -m pip --python .venv/bin/python install pip
}
with_uv() { runs uv --version || return 1; rm -rf .venv; runs uv venv --no-project --python "$1" .venv; }
with_virtualenv() {
    rm -rf .venv
    runs "$1" -m virtualenv .venv || runs virtualenv --python "$1" .venv
}
with_apt() {
    runs command -v apt-get || return 1
    root=
    if [ "$(id -u)" -ne 0 ]; then runs sudo -n true || return 1; root='sudo -n'; fi
    package="python$(minor "$1")-venv"
    say "this Python has no ensurepip; installing $package"
    $root apt-get update -qq >&2 || return 1
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq "$package" >&2 || return 1
    with_venv "$1"
}

make_venv() {
    for way in with_venv with_uv with_virtualenv with_pip with_apt; do
        if "$way" "$1" && runs .venv/bin/python -c ''; then return; fi
    done
    rm -rf .venv
    fail "$1 cannot make a virtual environment. On Debian or Ubuntu: apt-get install python$(minor "$1")-venv, then again."
}

if [ -x .venv/bin/python ] && suits .venv/bin/python &&
    { [ -z "$wanted" ] || [ "$(minor "$wanted")" = "$(minor .venv/bin/python)" ]; }; then
    say "keeping .venv (Python $(minor .venv/bin/python))"
else
    python=$(pick_python)
    say "making .venv with Python $(minor "$python")"
    make_venv "$python"
fi

# uv installs the lock in seconds, trusting the certificates that the system trusts; pip, several times slower, does
# the same where uv cannot.
if ! runs .venv/bin/uv --version && runs .venv/bin/python -m pip --version; then
    list=$(mktemp)
    trap 'rm -f "$list"' EXIT
    locked uv >"$list"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$list" ||
        say "uv could not be installed; going on with pip"
fi
install() {
    if runs .venv/bin/uv --version; then .venv/bin/uv pip install -q --system-certs --python .venv/bin/python "$@" && return; fi
    if runs .venv/bin/python -m pip --version; then
        .venv/bin/python -m pip install -q --disable-pip-version-check "$@"
    else
        uv pip install -q --python .venv/bin/python "$@"
    fi
}
say "installing requirements.lock"
install --require-hashes --no-deps -r requirements.lock
# The build backend is in the lock, so the project is built with it and nothing more is fetched.
install --no-build-isolation --no-deps -e .
# What the service imports is compiled once, here, also where the environment keeps Python from writing bytecode.
runs env PYTHONDONTWRITEBYTECODE= .venv/bin/python -c \
    'import alembic.command, app.demo, app.serving, langgraph.graph, onnxruntime, rich.console, tokenizers' || true
touch .venv/.ready
say "ready"
