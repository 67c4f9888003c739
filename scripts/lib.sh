# Shared by the scripts in this folder: progress lines, and one clear line with a remedy when a step fails.
# Source it after `set -euo pipefail`.

ONRAMP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
onramp_current_step="starting"
onramp_remedy=""

# step "what is done" "about how long": announces a step; its name appears in the error line if it fails.
step() {
  onramp_current_step="$1"
  onramp_remedy=""
  printf '\n== %s%s\n' "$1" "${2:+ ($2)}"
}

note() { printf '   %s\n' "$*"; }

# remedy "text": what to do should the current step fail.
remedy() { onramp_remedy="$*"; }

# fail "what went wrong" "what to do": prints both and stops the script.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf 'remedy: %s\n' "$2" >&2; fi
  trap - ERR
  exit 1
}

onramp_on_error() {
  local status=$?
  printf '\nerror: %s: failed while: %s (exit status %d)\n' "$(basename "$0")" "$onramp_current_step" "$status" >&2
  if [ -n "$onramp_remedy" ]; then printf 'remedy: %s\n' "$onramp_remedy" >&2; fi
  trap - ERR
  exit "$status"
}
set -E
trap onramp_on_error ERR

# run_logged LOGFILE command...: output goes to the file; on failure its errors (else its last lines) are shown.
run_logged() {
  local log="$1" status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    printf '\n' >&2
    if ! grep -m 5 -iE '(^E: |error[: ]|fatal|undefined reference|No space left)' "$log" >&2; then tail -n 15 "$log" >&2; fi
    printf '   (whole output: %s)\n' "$log" >&2
  fi
  return "$status"
}

# Jobs for a build: one per core, but never more than memory allows (a file that includes torch/torch.h needs about 1.5 GB).
build_jobs() {
  local cores by_memory
  cores="$(nproc)"
  by_memory="$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null || echo "$cores")"
  if [ "${by_memory:-0}" -lt 1 ]; then by_memory=1; fi
  if [ "$by_memory" -lt "$cores" ]; then echo "$by_memory"; else echo "$cores"; fi
}
