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
  the job   about 9 min   (Ctrl-C stops it; the same command continues)

Arguments are passed on; there are:
  --set KEY=VALUE   override a key of configs/quickstart.yaml: scripts/quickstart.sh --set run.seed=2 (repeatable)
  --dry-run         print the resolved config and the plan instead of running it (set-up and build come first all the same)
  --help-config     print every key of a config instead
TEXT
}

# What is no option at all is said now and not after the build. Whether a key exists is known to the program alone.
check_arguments() {
  while [ $# -gt 0 ]; do
    case "$1" in
      -h | --help) usage; exit 0 ;;
      --dry-run | --help-config) ;;
      --set)
        case "${2:-}" in
          ?*=*) shift ;;
          *) usage_error "--set wants KEY=VALUE, got '${2:-}'" "scripts/quickstart.sh --set run.seed=2" ;;
        esac
        ;;
      --set=?*=*) ;;
      *) usage_error "unknown argument $1" "one of --set KEY=VALUE, --dry-run, --help-config" ;;
    esac
    shift
  done
}
check_arguments "$@"

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure release
build release "about 9 minutes the first time" onramp-train
# A mistake in a key stops it here; the program says which.
run_script build/release/bin/onramp-train configs/quickstart.yaml --dry-run "$@" >/dev/null
build release "about 1 minute the first time" onramp-eval onramp-sim onramp-data onramp-report onramp-export

step "Train: configs/quickstart.yaml" "about 9 minutes"
exec build/release/bin/onramp-train configs/quickstart.yaml "$@"
