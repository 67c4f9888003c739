#!/usr/bin/env bash
# Kills a run at random moments: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/kill_test.sh [--kills N]

Trains the quickstart in small, kills it N times (default 100) at random moments and continues it. Each kill must leave
every episode on disk as an undisturbed run records it, and each finished run must equal that one bit for bit: metrics,
episodes, policies, checkpoint, scores. Builds what it needs. 100 kills take about 5 minutes on two cores.
TEXT
}

kills=100
while [ $# -gt 0 ]; do
  case "$1" in
    --kills) need_count "$@"; kills="$2"; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure release -DONRAMP_TESTS=ON
build release "about 10 minutes the first time" test_apps
step "$kills kills" "about 3 s each"
remedy "the message above says what differs; a kill follows from the number of its run and its own"
ONRAMP_KILLS="$kills" OMP_NUM_THREADS=1 build/release/bin/test_apps --gtest_filter='RandomKills.*'
