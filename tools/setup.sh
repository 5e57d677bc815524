#!/bin/sh
# Fills .venv with exactly what requirements.lock names, and with this project in editable form.
# `make` calls it when .venv is missing or older than the lock. PYTHON=/path/to/python picks the interpreter.
set -eu
cd "$(dirname "$0")/.."

stop() {
    echo "$*" >&2
    exit 1
}

# Prints "3.11" and the like, nothing for a command that does not run (a pyenv shim, say).
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

usable() {
    case "$(version_of "$1")" in
        3.11 | 3.12) true ;;
        3.13) command -v redis-server >/dev/null ;;
        *) false ;;
    esac
}

find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3 python python3.13 /usr/bin/python3}; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    first=${PYTHON:-python3}
    case "$(version_of "$first")" in
        "") stop "Podium needs Python 3.11 or 3.12, and $first does not run here: install one of them, or name it with PYTHON=/path/to/python." ;;
        3.13) stop "With Python 3.13 Podium needs the program redis-server: install it (Debian's package redis-server), or use Python 3.11 or 3.12." ;;
        *) stop "Podium needs Python 3.11 or 3.12, and $first is $(version_of "$first"): install one of them, or name it with PYTHON=/path/to/python." ;;
    esac
}

make_venv() {
    python=$(find_python)
    version=$(version_of "$python")
    "$python" -c 'import venv, ensurepip' 2>/dev/null || stop "$python cannot make virtual environments: install Debian's package python$version-venv, then run make again."
    "$python" -m venv --clear .venv
}

# A .venv that a moved folder or a removed Python left behind is created again.
.venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv

uv_wanted=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_wanted" ]; then
    # pip checks the hashes of the one package that it installs by itself.
    awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock >.venv/uv.txt
    .venv/bin/python -m pip install --quiet --require-hashes --no-deps -r .venv/uv.txt
fi

export VIRTUAL_ENV="$PWD/.venv"
# The machine's own certificates: inside a company the registry may be a mirror that they vouch for.
.venv/bin/uv pip sync --system-certs --quiet requirements.lock || {
    command -v cc >/dev/null || stop "A package has no ready-made wheel for this machine and there is no C compiler to build it: install gcc (Debian's package build-essential), then run make again."
    stop "The packages in requirements.lock could not be installed: see uv's message above."
}
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable client
touch .venv/installed
