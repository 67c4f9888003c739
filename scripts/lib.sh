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

# run_script COMMAND...: another of these scripts; what stopped it has been said by itself, so nothing is added.
run_script() {
  local signalled=""
  trap - ERR
  trap 'signalled=130' INT
  trap 'signalled=143' TERM
  "$@" || exit $?
  if [ -n "$signalled" ]; then onramp_stop "$signalled"; fi
  trap onramp_on_error ERR
  onramp_catch_signals
}

# fail "what went wrong" "what to do" [exit status]: prints both and stops the script.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf 'remedy: %s\n' "$2" >&2; fi
  trap - ERR
  exit "${3:-1}"
}

# usage_error "what is wrong" ["what there is"]: a mistake in the command line, told below the script's usage().
usage_error() {
  usage >&2
  fail "$1" "${2:-see the options above}" 2
}

# need_value "$@": the option that comes first has a value behind it.
need_value() { [ -n "${2:-}" ] || usage_error "$1 needs a value"; }

# need_count "$@": the option that comes first has a whole number above 0 behind it.
need_count() { [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || usage_error "$1: want a whole number above 0, got '${2:-}'"; }

# check_ctest_arguments "$@": what ctest does not know it passes over in silence, and runs everything.
check_ctest_arguments() {
  while [ $# -gt 0 ]; do
    case "$1" in
      -R | --tests-regex | -E | --exclude-regex | -L | --label-regex | -LE | --label-exclude | -I | --tests-information) need_value "$@"; shift ;;
      -j | --parallel | -O | --output-log | --output-junit | --timeout | --stop-time | --repeat | --test-load) need_value "$@"; shift ;;
      -FA | -FS | -FC | --fixture-exclude-any | --fixture-exclude-setup | --fixture-exclude-cleanup) need_value "$@"; shift ;;
      -j[0-9]* | --parallel=?* | --repeat=?* | --show-only=?*) ;;
      -V | --verbose | -VV | --extra-verbose | -Q | --quiet | -N | --show-only | -F | --rerun-failed | --debug | --progress) ;;
      -U | --union | --output-on-failure | --stop-on-failure | --schedule-random | --print-labels) ;;
      --no-label-summary | --no-subproject-summary) ;;
      *) usage_error "unknown argument $1" "the arguments above, or some of ctest: -R REGEX, -E REGEX, -L REGEX, -N, --rerun-failed" ;;
    esac
    shift
  done
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

# onramp_stop STATUS: somebody stopped the script; nothing is wrong, so no remedy.
onramp_stop() {
  trap - ERR
  trap '' INT TERM
  if [ -n "$onramp_group" ]; then
    kill -TERM -- "-$onramp_group" 2>/dev/null || true
    wait "$onramp_group" 2>/dev/null || true
  fi
  printf '\nerror: %s: interrupted while: %s; the same command goes on from there\n' "$(basename "$0")" "$onramp_current_step" >&2
  exit "$1"
}
onramp_group=""
onramp_catch_signals() {
  trap 'onramp_stop 130' INT
  trap 'onramp_stop 143' TERM
}
onramp_catch_signals

# run_in_group command...: in a process group of its own, so that a signal to this script alone stops all of it at once.
run_in_group() {
  local status=0
  set -m
  "$@" &
  onramp_group=$!
  set +m
  wait "$onramp_group" || status=$?
  onramp_group=""
  return "$status"
}

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

# take_lock FOLDER "who may hold it": one script at a time works in FOLDER, until drop_lock or its end. One lock at a time.
take_lock() {
  local status=0
  exec 9>"$1/.lock"
  flock --nonblock 9 || status=$?
  if [ "$status" -ne 1 ]; then return; fi  # 0: ours; else this file system has no locks
  note "$2: waiting for its end"
  run_in_group flock 9
}
drop_lock() { exec 9>&-; }

# Two builds in one folder at a time break each other (README's two commands in two windows).
lock_build() {
  mkdir -p "build/$1"
  take_lock "build/$1" "something else builds in build/$1"
}

# configure PRESET [cmake arguments]
configure() {
  local preset="$1"
  shift
  step "Configure build/$preset" "a few seconds"
  lock_build "$preset"
  # A build folder that was made in another checkout or with another generator cannot be used; CMake's own words say so.
  remedy "if the message above is not clear: rm -rf build/$preset, then call this again"
  run_logged "build/$preset/configure.log" cmake --preset "$preset" "$@"
  grep -E '^-- (LibTorch|MuJoCo)' "build/$preset/configure.log" | sed 's/^-- /   /' || true
  drop_lock
}

# cmake_build PRESET LOGFILE [cmake arguments]
cmake_build() {
  local preset="$1" log="$2"
  shift 2
  trap - ERR INT TERM
  set +eo pipefail
  cmake --build "build/$preset" --parallel "$(build_jobs)" "$@" 2>&1 | tee "$log" | awk '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/")
      if (n[2] > 0 && int(20 * n[1] / n[2]) > shown) { shown = int(20 * n[1] / n[2]); printf "   %d of %d\n", n[1], n[2]; fflush() }
    }'
  return "${PIPESTATUS[0]}"
}

# build PRESET "about how long" [targets]: shows progress every 5 %, and of the compiler's output only errors.
build() {
  local preset="$1" duration="$2" log="build/$1/build.log" status=0 targets=()
  shift 2
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  step "Build build/$preset${*:+: $*}" "$duration"
  lock_build "$preset"
  remedy "if it ran out of memory ('Killed'), free some; else the error above is in the code (whole output: $log)"
  run_in_group cmake_build "$preset" "$log" "${targets[@]}" || status=$?
  if grep -q '^ninja: build stopped: interrupted' "$log"; then onramp_stop 130; fi
  if [ "$status" -ne 0 ]; then
    grep -m 3 -E -A 4 '(error:|undefined reference|Killed|No space left|multiple definition)' "$log" >&2 || tail -n 15 "$log" >&2
  fi
  drop_lock  # not before: the next one begins the log anew
  return "$status"
}

# runs_programs FOLDER: whether one can write a program there and run it.
runs_programs() {
  local program status=0
  program="$(mktemp "$1/onramp.XXXXXX" 2>/dev/null)" || return 1
  printf '#!/bin/sh\n' >"$program" && chmod +x "$program" && "$program" 2>/dev/null || status=1
  rm -f "$program"
  return "$status"
}

# run_tests PRESET [ctest arguments]
run_tests() {
  local preset="$1" log="build/$1/ctest.log" status=0
  shift
  step "Tests of build/$preset" "at most 10 minutes"
  remedy "the output above; one test program alone: build/$preset/bin/test_<layer> --gtest_filter=<name>"
  # Most of the suite waits for disks, which hold nothing of it in the end: memory serves, where there is room.
  local room
  room="$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1)" || room=0
  if [ -z "${TMPDIR:-}" ] && [ "${room:-0}" -ge 4096 ] && runs_programs /dev/shm; then local -x TMPDIR=/dev/shm; fi
  set +o pipefail
  (cd "build/$preset" && ctest --output-on-failure --parallel "$(nproc)" --no-tests=error "$@") 2>&1 | tee "$log"
  status="${PIPESTATUS[0]}"
  set -o pipefail
  # ctest shows nothing of a test that passed: say which of its cases were left out, and why. Its closing lines come last.
  local cases="build/$preset/Testing/Temporary/LastTest.log"
  if [ -r "$cases" ]; then
    awk '/: Skipped$/ {getline reason} /^\[  SKIPPED \] [^ ]*\.[^ ]* \(/ {printf "   skipped %s: %s\n", $4, reason}' "$cases" | sort -u
  fi
  grep -E '^([0-9]+% tests passed|Total Test time)' "$log" || true
  return "$status"
}
