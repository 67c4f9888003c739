#!/usr/bin/env bash
# Feeds the readers of files with what no writer would write: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/fuzz.sh [--minutes M | --seconds S] [--seed N] [TARGET...]
       scripts/fuzz.sh hdf5 [--mutants N]

Fuzzes what reads files, under the address and undefined-behaviour sanitizers (clang, libFuzzer). Builds it first.

  TARGET       any of those in tests/fuzz: config, safetensors, manifest, episode, child_answer, metric_files (default: all)
  --minutes M  for each target (default 10), as many at a time as there are cores
  --seconds S  the same in seconds
  --seed N     the same inputs each time, from an empty corpus (default: others each time, from what was learned)
  hdf5         damaged HDF5 files, N of them (default 10000), through the readers that work in a child process

What was learned stays in build/fuzz/corpus, what was found in build/fuzz/findings. A finding is fixed, and its file goes
into tests/fuzz/seeds/TARGET, which the asan tests run ever after.
TEXT
}

seconds=600
mutants=10000
seed=0  # libFuzzer's word for a random one
hdf5=no
targets=()
while [ $# -gt 0 ]; do
  case "$1" in
    --minutes) need_count "$@"; seconds="$((60 * $2))"; shift ;;
    --seconds) need_count "$@"; seconds="$2"; shift ;;
    --seed) need_count "$@"; seed="$2"; shift ;;
    --mutants) need_count "$@"; mutants="$2"; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) usage_error "unknown option $1" ;;
    hdf5) hdf5=yes ;;
    *) targets+=("$1") ;;
  esac
  shift
done

cd "$ONRAMP_ROOT"
if [ "$hdf5" = yes ]; then
  run_script scripts/setup.sh
  configure release -DONRAMP_TESTS=ON
  build release "about 5 minutes the first time" test_data
  step "$mutants damaged HDF5 files" "some 30 ms each, a few of them seconds"
  remedy "the message above names the mutant; it is a function of the sample's name and that number"
  ONRAMP_MUTANTS="$mutants" OMP_NUM_THREADS=1 build/release/bin/test_data --gtest_filter='Hdf5Mutants.*'
  exit 0
fi

all=()
for source in tests/fuzz/*.cpp; do
  name="$(basename "$source" .cpp)"
  if [ "$name" != replay ]; then all+=("$name"); fi
done
if [ "${#targets[@]}" -eq 0 ]; then targets=("${all[@]}"); fi
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/$target.cpp" ] && [ "$target" != replay ] || usage_error "there is no target '$target'" "there are: hdf5 ${all[*]}"
done

run_script scripts/setup.sh --fuzz
configure fuzz -DONRAMP_TESTS=ON
build fuzz "about 3 minutes the first time" "${targets[@]/#/fuzz_}"

fuzz_one() {
  local target="$1" folder="build/fuzz" options=() corpus="build/fuzz/corpus/$1"
  if [ "$3" != 0 ]; then corpus="$folder/corpus_from_nothing/$target" && rm -rf "$corpus"; fi
  mkdir -p "$corpus" "$folder/findings" "$folder/logs"
  if [ -f "tests/fuzz/$target.dict" ]; then options+=(-dict="tests/fuzz/$target.dict"); fi
  # UBSan's runtime names the place; the symbolizer gives the way there.
  UBSAN_OPTIONS=print_stacktrace=1 "$folder/bin/fuzz_$target" "${options[@]}" -max_total_time="$2" -seed="$3" -timeout=20 -rss_limit_mb=3000 \
    -max_len=16384 -print_final_stats=1 -artifact_prefix="$folder/findings/$target-" \
    "$corpus" "tests/fuzz/seeds/$target" >"$folder/logs/$target.log" 2>&1
}
export -f fuzz_one
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi  # one target writes a file for each input

step "Fuzzing ${targets[*]}" "$seconds s each, $(nproc) at a time"
remedy "the finding is in build/fuzz/findings; run build/fuzz/bin/fuzz_TARGET FILE to see it again"
status=0
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one {} "$1" "$2"' _ "$seconds" "$seed" || status=$?
for target in "${targets[@]}"; do
  log="build/fuzz/logs/$target.log"
  if grep -q '^SUMMARY\|^found: \|^==[0-9]*==' "$log"; then
    note "$target: $(grep -m 1 -E '^found: |what\(\): |runtime error|^SUMMARY|ERROR: ' "$log")"
    unit="$(sed -n 's/.*Test unit written to //p;T;q' "$log")"
    note "  ${unit:-whole output: $log}"
    if [ -f "$unit" ]; then note "  gzip and base64: $(gzip -9n <"$unit" | base64 -w 0)"; fi  # where the log alone remains
    status=1
  else
    note "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
  fi
done
if [ "$status" -ne 0 ]; then fail "something was found" "$onramp_remedy"; fi
