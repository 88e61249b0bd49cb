#!/usr/bin/env bash
# install.sh VENV LOCK STAMP: makes VENV when missing, installs LOCK with its hashes, puts this folder on the path, writes STAMP.
set -euo pipefail
venv=$1 lock=$2 stamp=$3

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

if ! usable "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  python=
  for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if command -v "$name" >/dev/null 2>&1 && usable "$name"; then python=$name; break; fi
  done
  if [ -z "$python" ]; then
    echo "Kaitsu needs Python 3.11 or newer with its venv module, and found none." >&2
    echo "On Debian and Ubuntu: apt-get install python3 python3-venv. Another interpreter: make PYTHON=/path/to/python …" >&2
    exit 1
  fi
  echo "making $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
fi

echo "installing $lock (hashes checked; the first time takes a minute or two)"
export PIP_ROOT_USER_ACTION=ignore
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"

# Our own code runs from this folder: a path file instead of a build, so that no build tool has to be fetched.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pwd >"$site/kaitsu.pth"
cat >"$venv/bin/kaitsu" <<SCRIPT
#!/bin/sh
exec "$(pwd)/$venv/bin/python" -c 'import sys; sys.argv[0] = "kaitsu"; from ops.cli.main import app; app()' "\$@"
SCRIPT
chmod +x "$venv/bin/kaitsu"

# Stamps of older locks of this kind go; the other kind (run, dev) keeps its own, as both live in one environment.
rm -f "${stamp%-*}"-*
touch "$stamp"
