#!/usr/bin/env bash
# Measures how fast everything is: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/bench.sh [--rounds N] [--only REGEX] [--threads N] [--seconds S]

Sets up, builds build/release/bin/onramp-bench and prints one table of medians: the machine's peaks, updates of the learners,
replay, simulator, latency, memory, and how they compare with the peers (scripts/setup_peers.sh --bench sets those up; without
them their rows are left out). docs/benchmarks.md says what each row means. On two cores:
  build          about 10 minutes the first time
  measurement    about 40 minutes (5 rounds); do nothing else on the machine in the meantime

  --only REGEX   only rows whose name it finds, e.g. --only '^redq|^replay'
  --rounds N     repetitions of the whole list (default 5)

A run of all rows is also written to benchmarks/results/speed/<machine>.json. A row that fails is named in the table with its
reason, the others go on; the exit code is 1 then, and nothing is written.
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure release -DONRAMP_BENCHMARKS=ON
build release "about 10 minutes the first time" onramp-bench

peers=()
if [ -x .deps/peers/bench/bin/python ]; then peers=(--peers .deps/peers/bench); fi
step "Measure" "about 40 minutes"
exec python3 benchmarks/run.py --bench build/release/bin/onramp-bench "${peers[@]}" --results benchmarks/results/speed "$@"
