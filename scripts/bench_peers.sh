#!/usr/bin/env bash
# Sets up what scripts/bench.sh compares with: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/bench_peers.sh

Makes a Python environment with PyTorch (the wheel that onramp's LibTorch comes from) and d3rlpy, in the versions of
benchmarks/peers/requirements.txt, in ${ONRAMP_CACHE:-~/.cache/onramp}/peers/bench. Nothing else of onramp needs it.
About SIZES.

Needs python3-venv and a C compiler. With everything in place it does nothing.
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

cd "$ONRAMP_ROOT"
cache="${ONRAMP_CACHE:-${HOME:?HOME is not set; set it, or set ONRAMP_CACHE}/.cache/onramp}"
target="$cache/peers/bench"
wanted="$(cat benchmarks/peers/requirements.txt benchmarks/peers/mkl_avx512.c)"
if [ "$(cat "$target/made-from.txt" 2>/dev/null || true)" = "$wanted" ]; then
  note "is in $target"
  exit 0
fi
mkdir -p "$cache"

step "Python environment with the peers" "3 to 10 minutes"
remedy "is there a network, space in $cache, and python3-venv (apt-get install python3-venv)? Then call this again"
rm -rf "$target"
python3 -m venv "$target"
run_logged "$cache/logs/bench-peers.log" "$target/bin/pip" install --no-cache-dir -r benchmarks/peers/requirements.txt
cc -shared -fPIC -O2 -o "$target/mkl_avx512.so" benchmarks/peers/mkl_avx512.c
printf '%s' "$wanted" >"$target/made-from.txt"
note "in $target: $(du -sh "$target" | cut -f1)"
