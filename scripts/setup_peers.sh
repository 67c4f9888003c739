#!/usr/bin/env bash
# Makes the Python environments in which robomimic's and Minari's own code reads what onramp writes: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/setup_peers.sh

For the tests of recorded data, and for nobody else: two virtual environments under ${ONRAMP_CACHE:-~/.cache/onramp}/peers
with the packages pinned in scripts/peers.txt. The tests skip themselves where they are not there.
  robomimic  with PyTorch, numpy and h5py of Debian 12 (python3-torch: processor only, 85 MB), so that PyTorch does not come
             a second time from PyPI with its CUDA libraries; installed through apt-get when root or through sudo
  minari     with what it needs from PyPI (60 MB)

Takes 2 minutes; called again it does nothing. Needs scripts/setup.sh first, for the link .deps.
TEXT
}

case "${1:-}" in
  "") ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; fail "unknown option $1" "call it without any" ;;
esac

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
missing=()
for package in python3-venv python3-torch python3-numpy python3-h5py; do
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
  remedy "is there a network? Then call this again"
  rm -rf "$target"
  mkdir -p "$peers"
  requirements "$name" >"$peers/$name.txt"
  run_logged "$logs/venv-$name.log" "$python" -m venv "$@" "$target"
  run_logged "$logs/pip-$name.log" "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "$peers/$name.txt"
  run_logged "$logs/check-$name.log" "$target/bin/python" -c "$check"
  echo "$stamp" >"$target/pins"
  note "made $target"
}

make robomimic 'from robomimic.utils.dataset import SequenceDataset' --system-site-packages
make minari 'import h5py, minari; from minari.dataset.minari_dataset import MinariDataset'
printf '\nthe peers are ready\n'
