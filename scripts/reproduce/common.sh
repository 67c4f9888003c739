# Shared by the scripts in this folder: a queue of cells that goes on where it was stopped. Source it after `set -euo pipefail`.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
called_from="$PWD"  # what a caller names lies relative to it
cd "$ONRAMP_ROOT"

# queue PAPER ARGUMENTS...: hands over to scripts/run_queue.py. Two runs at a time with one thread each, seeds 1 to 3, unless the
# arguments say otherwise; configs stand first among them.
queue() {
  local paper="$1"
  shift
  local configs=()
  while [ $# -gt 0 ] && [[ "$1" != -* ]]; do
    configs+=("$1")
    shift
  done
  step "Queue of the comparison"
  remedy "what the line above says; the same command goes on"
  exec python3 scripts/run_queue.py "${configs[@]}" --seeds 1 2 3 --parallel 2 --threads 1 \
    --runs "runs/$paper" --results "benchmarks/results/$paper" "$@"
}
