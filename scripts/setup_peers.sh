#!/usr/bin/env bash
# Makes the Python environments of those that onramp is held against: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/setup_peers.sh [--bench]

Virtual environments under ${ONRAMP_CACHE:-~/.cache/onramp}/peers with the packages of scripts/peers.txt. They are for those who
change onramp: what wants one of them goes without where it is not there.

Without an option, those in which the tests of recorded data have robomimic's and Minari's own code read and write. 2 minutes.
  robomimic  with PyTorch, numpy and h5py of Debian 12 (python3-torch: processor only, 85 MB), so that PyTorch does not come
             a second time from PyPI with its CUDA libraries
  minari     with what it needs from PyPI (60 MB)

  --bench    instead of these, the one that scripts/bench.sh compares with: PyTorch, the wheel that onramp's LibTorch comes
             from, with its CUDA libraries, d3rlpy, and Stable Baselines Jax (SBX). 3 GB to download, 5.5 GB on disk, 3 to 10 minutes.
             Debian's python3-dev comes too, whose header torch.compile builds with

Called again it downloads nothing. Debian's packages (python3-venv, and those of robomimic) come through apt-get, when root or
through sudo. Needs scripts/setup.sh first, for the link .deps and a compiler.
TEXT
}

bench=no
for option in "$@"; do
  case "$option" in
    --bench) bench=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $option" ;;
  esac
done

pins="$ONRAMP_ROOT/scripts/peers.txt"
cache="${ONRAMP_CACHE:-${HOME:?HOME is not set; set it, or set ONRAMP_CACHE}/.cache/onramp}"
peers="$cache/peers"
logs="$cache/logs"
python=/usr/bin/python3  # Debian's, which sees Debian's packages

# requirements SECTION: its lines of the file with pins.
requirements() { awk -v want="[$1]" '/^\[/ { here = ($0 == want); next } here && !/^#/ && NF' "$pins"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

step "Debian packages"
packages=(python3-venv)
if [ "$bench" = no ]; then packages+=(python3-torch python3-numpy python3-h5py); else packages+=(python3-dev); fi
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  note "installing ${missing[*]}"
  remedy "is there a network? Then call this again"
  run_logged "$logs/apt-peers.log" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}"
else
  note "all there"
fi

# make NAME CHECK venv-options...: an environment that is whole or not there, and that has proved that it works.
pip_options=(--no-deps)  # the pins are all that is needed
make() {
  local name="$1" check="$2" target stamp
  shift 2
  stamp="$(requirements "$name" | sha256sum | cut -c 1-16)"
  target="$peers/$name"
  step "Python environment $name"
  if [ "$(cat "$target/pins" 2>/dev/null)" = "$stamp" ]; then
    note "is in $target"
    return
  fi
  remedy "is there a network, and space in $cache (see --help)? Then call this again"
  rm -rf "$target"
  mkdir -p "$peers"
  requirements "$name" >"$peers/$name.txt"
  run_logged "$logs/venv-$name.log" "$python" -m venv "$@" "$target"
  # pip unpacks in its temporary folder: on the disk that was made room on, not in /tmp.
  TMPDIR="$target" run_logged "$logs/pip-$name.log" "$target/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-cache-dir "${pip_options[@]}" --requirement "$peers/$name.txt"
  run_logged "$logs/check-$name.log" "$target/bin/python" -c "$check"
  echo "$stamp" >"$target/pins"
  note "made $target: $(du -sh "$target" | cut -f1)"
}

if [ "$bench" = yes ]; then
  pip_options=()  # with what they need, in the versions of the day
  make bench 'import torch, d3rlpy, sbx'
  step "What bench.sh preloads into it"
  remedy "is there a C compiler? scripts/setup.sh installs one"
  cc -shared -fPIC -O2 -o "$peers/bench/mkl_avx512.so" "$ONRAMP_ROOT/benchmarks/peers/mkl_avx512.c"
else
  make robomimic 'from robomimic.utils.dataset import SequenceDataset' --system-site-packages
  make minari 'import h5py, minari; from minari.dataset.minari_dataset import MinariDataset'
fi
printf '\nthe peers are ready\n'
