#!/usr/bin/env bash
# From a fresh machine to a policy that improves on line: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/quickstart.sh [arguments of onramp-train]

Sets up, builds the programs and runs the main job: a simulated UR10e learns to grasp from images, better than its
demonstrator. On two cores, the first time:
  set-up    about 5 min   (nothing when it was done before)
  build     about 10 min  (seconds when it was done before)
  the job   about 16 min  (Ctrl-C stops it; the same command continues)

Arguments are passed on, for example:  scripts/quickstart.sh --set run.seed=2
`build/release/bin/onramp-train --help` lists them.
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure release
build release "about 10 minutes the first time" onramp-train onramp-eval onramp-sim onramp-data onramp-report

step "Train: configs/quickstart.yaml" "about 16 minutes"
exec build/release/bin/onramp-train configs/quickstart.yaml "$@"
