#!/usr/bin/env bash
# Environments in Python with packages of their own, through the programs: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/gym_check.sh [--only robosuite|kitchen]

Makes the Pythons of robosuite and of Gymnasium-Robotics' Kitchen, which the ordinary tests do without, and tries each task of
configs/q2rl in them: the tests of the environments (ONRAMP_GYM_CHECK), what it shows and takes, a film, and its whole config in
short on demonstrations made here. Those of lift are a simple expert's, those of the other tasks random: they show that files fit,
and not how well anything is learned. Builds what it needs. Leaves build/gym_check/. About 15 minutes on two cores.
TEXT
}

only=""
while [ $# -gt 0 ]; do
  case "$1" in
    --only) need_value "$@"; only="$2"; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
case "$only" in
  "") tasks="lift can square kitchen" setup="--robosuite --kitchen" ;;
  robosuite) tasks="lift can square" setup=--robosuite ;;
  kitchen) tasks=kitchen setup=--kitchen ;;
  *) usage_error "unknown --only $only" "robosuite, kitchen" ;;
esac

cd "$ONRAMP_ROOT"
# shellcheck disable=SC2086  # several words
run_script scripts/setup.sh $setup
configure release -DONRAMP_TESTS=ON
build release "about 10 minutes the first time" onramp-sim onramp-train onramp-data test_envs_gym

out=build/gym_check
bin=build/release/bin
rm -rf "$out"
mkdir -p "$out"
export OMP_NUM_THREADS=1

step "Tests of the environments" "about 3 minutes"
filter='*robosuite_*:Robosuite.*:*kitchen*:Kitchen.*'
case "$only" in
  robosuite) filter='*robosuite_*:Robosuite.*' ;;
  kitchen) filter='*kitchen*:Kitchen.*' ;;
esac
ONRAMP_GYM_CHECK=1 "$bin/test_envs_gym" --gtest_filter="$filter" --gtest_brief=1

# try_task TASK CONFIG PACKAGES FILE ID KWARGS LAYOUT EPISODES [settings of the run]
try_task() {
  local task="$1" config="$2" packages="$3" file="$4" id="$5" kwargs="$6" layout="$7" episodes="$8"
  local environment=("--set=packages=$packages" "--set=file=$file" "--set=id=$id" "--set=max_steps=20")
  shift 8
  step "$task: spec" "10 seconds"
  run_logged "$out/$task.spec.log" "$bin/onramp-sim" spec gym "${environment[@]}"
  grep -E 'state|action' "$out/$task.spec.log" | sed 's/^/   /'
  step "$task: a film" "half a minute"
  run_logged "$out/$task.film.log" "$bin/onramp-sim" record gym "${environment[@]}" --set render=true --set "kwargs=$kwargs" \
    --policy random --episodes 1 --out "$out/$task.mp4"
  note "$out/$task.mp4"
  step "$task: demonstrations" "a minute"
  run_logged "$out/$task.demonstrate.log" bash -c 'set -o pipefail; "$0" tests/gym_check/demonstrate.py "$1" "$2" | \
    /usr/bin/python3 tests/gym_check/pack.py "$3" "$4"' ".deps/$packages/bin/python" "$task" "$episodes" "$layout" "$out/$task.hdf5"
  "$bin/onramp-data" info "$out/$task.hdf5" | sed 's/^/   /'
  step "$task: $config in short" "two minutes"
  remedy "$out/$task.train.log has all of its words"
  local settings=() setting
  for setting in "data.path=$PWD/$out/$task.hdf5" data.episodes=0 "run.folder=$PWD/$out/$task" phases.rollouts.episodes=3 \
    phases.estimation.updates=20 phases.online.steps=40 learners.agent.batch_size=64 \
    'phases.evaluation.policies=[cloning, online]' "$@"; do
    settings+=(--set "$setting")
  done
  run_logged "$out/$task.train.log" "$bin/onramp-train" "configs/q2rl/$config.yaml" "${settings[@]}"
  grep -A 12 '^policy ' "$out/$task.train.log" | sed 's/^/   /'
}

# Where chance alone acts, no rollout succeeds; the agent learns all the same.
chance=(phases.cloning.updates=20 learners.agent.without_success=true env.max_steps=30 'phases.evaluation.settings={episodes: 2}')
suite=configs/q2rl/parts/robosuite_tasks.py
for task in $tasks; do
  case "$task" in
    lift)
      try_task lift robosuite_lift robosuite "$suite" lift '{camera: agentview}' robomimic 20 phases.cloning.updates=1000 \
        env.max_steps=80 learners.agent.without_success=true 'phases.evaluation.settings={episodes: 10}'
      ;;
    can) try_task can robosuite_can robosuite "$suite" can '{camera: agentview}' robomimic 2 "${chance[@]}" ;;
    square) try_task square robosuite_square robosuite "$suite" square '{camera: agentview}' robomimic 2 "${chance[@]}" ;;
    kitchen)
      try_task kitchen kitchen kitchen configs/q2rl/parts/kitchen_task.py kitchen '{}' d4rl 3 phases.cloning.updates=20 \
        "env.file=$PWD/tests/envs/gym/kitchen_opens.py" env.id=Opens 'phases.evaluation.settings={episodes: 2}'
      ;;
  esac
done
printf '\nall of them run\n'
