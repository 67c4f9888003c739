#!/usr/bin/env bash
# Sets up, builds and passes the tests: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/test.sh [release | dev | asan] [arguments of ctest]

Sets up, builds everything with tests and runs them. On two cores, the first time:
  set-up    about 5 min   (nothing when it was done before)
  build     about 10 min  (seconds when it was done before)
  tests     at most 10 min

  release   what users run (default)
  dev       with assertions; warnings are errors
  asan      under the address and undefined-behaviour sanitizers: the layers that do not know LibTorch

Arguments of ctest choose tests: scripts/test.sh dev -R losses
TEXT
}

preset=release
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  release | dev | asan) preset="$1"; shift ;;
  "" | -*) ;;
  *) usage_error "unknown preset $1" "one of release, dev, asan" ;;
esac
check_ctest_arguments "$@"

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure "$preset" -DONRAMP_TESTS=ON
build "$preset" "about 10 minutes the first time, dev about 15"
run_tests "$preset" "$@"
