#!/usr/bin/env bash
# The comparison of Simplified Q with its baselines and ablations, at CPU scale: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
usage: scripts/reproduce/simplified_q.sh [--end-to-end] [--list] [--hours H] [further arguments of scripts/run_queue.py]

Runs the configs of configs/simplified_q, the most telling first, each with seeds 1 to 3, two at a time with one thread each.
It says the hours at its start: about four on two idle cores. Ctrl-C saves and stops; the same command goes on, and skips what
is finished.
  runs        runs/simplified_q/<config>/seed<k>
  summaries   benchmarks/results/simplified_q/<config>/seed<k>, and a table at the end
  the page    build/release/bin/onramp-report runs/simplified_q/*/seed? --out simplified_q.html

--end-to-end also runs those whose encoder learns with the critic (end_to_end, end_to_end_pretrained, shared_encoder): about an
hour of one core a cell.
--list says where every run stands and how long it takes; --keep-results leaves out what benchmarks/results has a summary of;
--hours H starts nothing new after H hours; --seeds 1 and --set key=value are passed on, as are all others
(scripts/run_queue.py --help).
TEXT
}

cells=(cpu@0.15 no_regularizer@0.15 cql_sac@0.15 cql_crossq@0.15 unweighted_penalty@0.15 mu_uniform@0.15 bc@0.3 critic_bf16@0.15
  encoder_bf16@0.25  no_layer_norm_no_regularizer@0.15 no_layer_norm@0.15 ensemble_2@0.2 bc_shift@0.3 bc_successes@0.3 no_pretraining@0.15)
passed=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --end-to-end) cells+=(end_to_end@1 end_to_end_pretrained@1 shared_encoder@1) ;;
    *) passed+=("$1") ;;
  esac
  shift
done

# With the same seed every run has the same demonstrations, and so the same encoder, which takes as long as half of the rest: those
# that use it as it is take it from one run of its own. Bit for bit nothing else changes.
without_the_rest="phases.offline=null,phases.online=null,phases.evaluation=null"
configs=()
for cell in "${cells[@]}"; do
  config="$cell=configs/simplified_q/${cell%@*}.yaml"
  case "$cell" in
    bc* | encoder_bf16* | no_pretraining* | shared_encoder* | end_to_end*) configs+=("$config") ;;
    *) configs+=("$config,phases.encoder.from=runs/simplified_q/encoder/seed{seed}") ;;
  esac
done
queue simplified_q "${configs[@]}" --part "encoder@0.07=configs/simplified_q/cpu.yaml,$without_the_rest" ${passed[@]+"${passed[@]}"}
