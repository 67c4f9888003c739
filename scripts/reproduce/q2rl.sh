#!/usr/bin/env bash
# The comparison of Q2RL with its rivals and ablations: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
usage: scripts/reproduce/q2rl.sh [--only GROUP]... [--door FILE] [--pen FILE] [further arguments of scripts/run_queue.py]

Runs Q2RL, its ablations and what it is compared with, the most telling first, each with seeds 1 to 3: all with the first seed,
then all with the next. Two at a time with one thread each. It says the hours at its start: estimates, until a cell of that
config is finished. Ctrl-C saves and stops; the same command goes on, and skips what is finished.

  lift      on `lift`: q2rl, wsrl, ibrl, cal_ql, cql, policy_decorator without the demonstrations on line,
            rlpd and ibrl with them                                               figs. 4, 5, 10; table III
  ablation  on `lift`: no gate, no initialization, no BC term                     fig. 6
  data      on `lift`: cal_ql and cql with the demonstrations; q2rl with 25, 50 and all 100 of them on line, ibrl with
            25 and 50; ibrl without them and with the BC term                     figs. 4, 11, 12
  rollouts  on `lift`: 25 and 50 rollouts in place of 100                         fig. 13
  start     on `lift`: cloned policies that are worse and better                  fig. 14
  robot     peg_insertion and pipe_assembly, q2rl                                 fig. 8; table VI
  mode      on `lift`: the cloned policy proposes its mode in place of a sample    docs/q2rl.md, "Know this"
  door      Adroit door, q2rl and wsrl: --door door_expert.hdf5 (docs/q2rl.md)    fig. 3
  pen       Adroit pen, likewise: --pen pen_expert.hdf5

  runs        runs/q2rl/<task>/<method>/seed<k>
  summaries   benchmarks/results/q2rl/<task>/<method>/seed<k>, and tables at the end
  the page    build/release/bin/onramp-report runs/q2rl/lift/{q2rl,ibrl,rlpd}/seed? --out lift.html
              ... runs/q2rl/lift/{q2rl,rollouts_*}/seed? --over phases.rollouts.episodes --out rollouts.html
              ... runs/q2rl/lift/{q2rl,ibrl,ibrl_without_data,*_data_*}/seed? --over phases.demonstrations.first --out data.html
              ... runs/q2rl/lift/{q2rl,ibrl_without_data,ibrl_bc_term}/seed? --out bc_term.html
              ... runs/q2rl/door/*/seed? --out door.html

With the same seed all methods of a task see the same demonstrations and start from the same cloned policy, bit for bit, since
each run makes them anew from that seed, which takes less than a minute.

Without --only it runs lift, ablation, door and pen: about 18 hours of two cores. data, rollouts, start, robot and mode run where they are named.
--only GROUP (repeatable) runs that group alone; --list says where every run stands and how long it takes; --hours H starts
nothing new after H hours; --seeds 1 and --set key=value are passed on, as are all others (scripts/run_queue.py --help).
TEXT
}

door="" pen="" only=() passed=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --door) need_value "$@"; door="$2"; shift ;;
    --pen) need_value "$@"; pen="$2"; shift ;;
    --only)
      need_value "$@"
      case "$2" in
        lift | ablation | data | rollouts | start | robot | mode | door | pen) only+=("$2") ;;
        *) usage_error "--only $2: no such group" ;;
      esac
      shift ;;
    *) passed+=("$1") ;;
  esac
  shift
done

wanted() {
  if [ ${#only[@]} -eq 0 ]; then
    case "$1" in data | rollouts | start | robot | mode) return 1 ;; *) return 0 ;; esac
  fi
  local group
  for group in "${only[@]}"; do [ "$group" = "$1" ] && return 0; done
  return 1
}

# cell GROUP NAME HOURS CONFIG[,KEY=VALUE...]: hours are an estimate, used until one is measured.
configs=()
keep_off_line="phases.demonstrations.into=[offline]"
part() { printf 'phases.demonstrations.first=%s,phases.demonstrations.first_into=[online]' "$1"; }  # of the demonstrations, on line
cell() { if wanted "$1"; then configs+=("$2@$3=configs/q2rl/$4"); fi; }

cell lift lift/q2rl 0.3 lift.yaml
cell lift lift/wsrl 0.9 lift/wsrl.yaml
cell lift lift/ibrl_without_data 0.3 "lift/ibrl.yaml,$keep_off_line"
cell lift lift/rlpd 0.8 lift/rlpd.yaml
cell lift lift/ibrl 0.8 "lift/ibrl.yaml,$keep_off_line,$(part 100)"  # which is lift/ibrl.yaml, in the terms of fig. 11
cell ablation lift/no_gate 0.4 lift.yaml,learners.agent.gate=false
cell ablation lift/no_initialization 0.4 lift.yaml,learners.agent.init_critic=false
cell ablation lift/no_bc_term 0.3 lift.yaml,learners.agent.bc_weight=0
cell robot peg/q2rl 0.2 peg_insertion.yaml
cell robot pipe/q2rl 0.5 pipe_assembly.yaml
cell mode lift/bc_mode 0.3 lift.yaml,learners.agent.bc_action=mode,phases.rollouts.act=mode,phases.evaluation.sampled=[]
cell lift lift/cal_ql_without_data 0.5 lift/cal_ql.yaml,learners.agent.online_share=1
cell lift lift/cql_without_data 0.5 lift/cql.yaml,learners.agent.online_share=1
cell lift lift/policy_decorator 0.3 lift/policy_decorator.yaml
for task in door pen; do
  file="$door"
  [ "$task" = pen ] && file="$pen"
  if [ -z "$file" ]; then
    for group in "${only[@]}"; do [ "$group" != "$task" ] || usage_error "--only $task wants its demonstrations" "--$task FILE"; done
    continue
  fi
  file="$(cd "$called_from" && realpath -m "$file")"
  [ -f "$file" ] || usage_error "--$task $file: no such file"
  cell "$task" "$task/q2rl" 0.6 "adroit_$task.yaml,data.path=$file"
  cell "$task" "$task/wsrl" 1.2 "adroit_${task}_wsrl.yaml,data.path=$file"
done
cell data lift/q2rl_data_100 0.3 "lift.yaml,$(part 100)"
for demonstrations in 25 50; do
  cell data "lift/q2rl_data_$demonstrations" 0.3 "lift.yaml,$(part $demonstrations)"
  cell data "lift/ibrl_data_$demonstrations" 0.3 "lift/ibrl.yaml,$keep_off_line,$(part $demonstrations)"
done
cell data lift/ibrl_bc_term 0.3 "lift/ibrl.yaml,$keep_off_line,learners.agent.bc_weight=0.3"
cell data lift/cal_ql 0.5 lift/cal_ql.yaml
cell data lift/cql 0.5 lift/cql.yaml
for rollouts in 25 50; do
  cell rollouts "lift/rollouts_$rollouts" 0.3 "lift.yaml,phases.rollouts.episodes=$rollouts"
done
for updates in 300 3000; do
  cell start "lift/cloned_$updates" 0.3 "lift.yaml,phases.cloning.updates=$updates"
done

if [ ${#configs[@]} -eq 0 ]; then
  usage_error "nothing to run: Adroit wants its demonstrations" "--door FILE, --pen FILE"
fi
if [ -z "$door$pen" ] && { wanted door || wanted pen; }; then note "without --door FILE and --pen FILE Adroit is left out"; fi
queue q2rl "${configs[@]}" --by-seed ${passed[@]+"${passed[@]}"}
