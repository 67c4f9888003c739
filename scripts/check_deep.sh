#!/usr/bin/env bash
# The whole suite under sanitizers: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/check_deep.sh [asan | tsan] [--only LAYER,...] [--cases FILTER] [arguments of ctest]

Builds everything with tests, once for the address and undefined-behaviour sanitizers and once for the thread sanitizer, and
runs the suite under each. On two cores about 30 minutes of building and 15 of running each.

  --only LAYER,...   builds the test programs of these layers alone, and runs them
  --cases FILTER     only cases that GoogleTest's filter names

What works side by side (batched environments, overlap, writers, the bridge to Python), about half of that:
  scripts/check_deep.sh tsan --only base,data_store,envs,envs_gym,training \
    --cases 'Batched*:Overlap*:*Evaluate*:*Sink*:MetricSinks*:WriteF*:EpisodeStore*:*InAFile*:Gym*'

LibTorch, MuJoCo, HDF5 and the graphics driver are not instrumented, and what happens inside them is not judged; exceptions
beyond that are named in tests/sanitizers, a reason a line. Not run, under any sanitizer:
  installed_package  builds a project outside this tree, which knows nothing of the sanitizers' flags
  soak_short         measures memory, of which sanitizers keep a part for themselves
TEXT
}

kinds=(asan tsan)
case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  asan | tsan) kinds=("$1"); shift ;;
esac
cases=""
layers=()
rest=()
while [ $# -gt 0 ]; do
  case "$1" in
    --only) need_value "$@"; IFS=, read -r -a layers <<<"$2"; shift ;;
    --cases) need_value "$@"; cases="$2"; shift ;;
    *) rest+=("$1") ;;
  esac
  shift
done
check_ctest_arguments "${rest[@]}"

cd "$ONRAMP_ROOT"
targets=()
for layer in "${layers[@]}"; do
  compgen -G "tests/$layer/*_test.cpp" >/dev/null || compgen -G "tests/${layer/_//}/*_test.cpp" >/dev/null ||
    usage_error "no layer '$layer' has tests" "as the programs are called: test_LAYER; base, envs, envs_mujoco, training, ..."
  targets+=("test_$layer")
done
if [ "${#layers[@]}" -gt 0 ]; then rest+=(--tests-regex "^($(IFS='|' && echo "${layers[*]}"))\$"); fi
if [ -n "$cases" ]; then export GTEST_FILTER="$cases"; fi
run_script scripts/setup.sh
suppressions="$ONRAMP_ROOT/tests/sanitizers"
export ASAN_OPTIONS="detect_stack_use_after_return=1"
export LSAN_OPTIONS="suppressions=$suppressions/lsan.txt:print_suppressions=0"
export UBSAN_OPTIONS="suppressions=$suppressions/ubsan.txt:print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="suppressions=$suppressions/tsan.txt:ignore_noninstrumented_modules=1:die_after_fork=0:second_deadlock_stack=1:history_size=7"
for kind in "${kinds[@]}"; do
  configure "deep-$kind" -DONRAMP_TESTS=ON
  build "deep-$kind" "about 30 minutes the first time" "${targets[@]}"
  run_tests "deep-$kind" --exclude-regex '^(installed_package|soak_short)$' "${rest[@]}"
done
