#!/bin/sh
# Makes .venv and installs the file named by $1 into it, unless that was done with these pins.
set -eu

say() { printf '%s\n' "$*" >&2; }
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if is_new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    say "Quarterdeck needs Python 3.11 or newer, and none of ${PYTHON:-python3, python3.14 to python3.11} is: install one, or name it with make PYTHON=/path/to/python3."
    return 1
}

make_venv() {
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        say "Python $version lacks the module ensurepip, which makes virtual environments: install it (on Debian or Ubuntu: sudo apt-get install python$version-venv) and run make again."
        return 1
    fi
    say "Making .venv with Python $version …"
    rm -rf .venv
    "$python" -m venv .venv
}

wanted=$1
stamp=.venv/.installed-$wanted
pins=$(cat constraints.txt requirements*.txt | cksum)

# pip comes last: without it a .venv was left half-made
if ! is_new_enough .venv/bin/python || [ ! -x .venv/bin/pip ]; then
    make_venv
fi
if [ "$(cat "$stamp" 2>/dev/null)" = "$pins" ]; then
    exit 0
fi
say "Installing $wanted …"
if ! .venv/bin/python -m pip install -qq --disable-pip-version-check -r "$wanted"; then
    say "The packages of $wanted could not be installed; what pip says above is why. Is there a network?"
    exit 1
fi
echo "$pins" > "$stamp"
