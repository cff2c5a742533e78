#!/usr/bin/env bash
# Prepares the autograder's image; Gradescope runs it once, as root. Written by `dlex release`.
set -euo pipefail

root="${DLEX_AUTOGRADER:-/autograder}"
source="$root/source"
torch_index="${DLEX_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}" # no CUDA: gigabytes smaller
export DEBIAN_FRONTEND=noninteractive

say() { printf '==> %s\n' "$*"; }

is_new_enough() { # is_new_enough PYTHON: at least 3.11, and able to make virtual environments
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

say "installing system packages"
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv
# what isolates submissions: bubblewrap for level 2, libseccomp for levels 1 and 2
apt-get install -y --no-install-recommends bubblewrap libseccomp2

if ! find_python >/dev/null; then
    say "this image's python3 is older than 3.11: looking for another one"
    for version in 3.12 3.11; do
        if apt-get install -y --no-install-recommends "python$version" "python$version-venv"; then
            break
        fi
    done
fi
if ! python="$(find_python)"; then
    echo "error: this image has no Python 3.11 or later, and apt-get offers none." >&2
    echo "Choose Ubuntu 22.04 or later as Base Image OS under Configure Autograder." >&2
    exit 1
fi

say "making a virtual environment with $("$python" --version)"
"$python" -m venv "$root/venv"
pip=("$root/venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check --constraint "$source/constraints.txt")

say "installing the CPU build of torch"
"${pip[@]}" --index-url "$torch_index" torch
say "installing dlex"
"${pip[@]}" "$source/engine"

say "what this image has"
"$root/venv/bin/dlex" --course "$source/course" doctor
