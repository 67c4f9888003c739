#!/usr/bin/env bash
# The comparison of Simplified Q with its baselines and ablations, at CPU scale: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
usage: scripts/reproduce/simplified_q.sh [--list] [--hours H] [further arguments of scripts/run_queue.py]

Runs the configs of configs/simplified_q, the most telling first, each with seeds 1 to 3, two at a time with one thread each.
It says the hours at its start. Ctrl-C saves and stops; the same command goes on, and skips what is finished.
  runs        runs/simplified_q/<config>/seed<k>
  summaries   benchmarks/results/simplified_q/<config>/seed<k>, and a table at the end
  the page    build/release/bin/onramp-report runs/simplified_q/*/seed? --out simplified_q.html

--list says where every run stands and how long it takes; --hours H starts nothing new after H hours; --seeds 1 and
--set key=value are passed on, as are all others (scripts/run_queue.py --help).
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

configs=()
# With the same seed every run has the same demonstrations, and so the same encoder, which takes longer than all else: those
# that use it as it is take it from cpu's runs, which come first. Bit for bit nothing else changes.
taken="phases.encoder.from=runs/simplified_q/cpu/seed{seed}"
for name in cpu no_regularizer cql_sac cql_crossq unweighted_penalty mu_uniform bc no_layer_norm_no_regularizer no_layer_norm \
  critic_bf16 ensemble_2 bc_shift no_pretraining shared_encoder end_to_end; do
  config="configs/simplified_q/$name.yaml"
  case "$name" in
    cpu | bc | bc_shift | no_pretraining | shared_encoder | end_to_end) configs+=("$config") ;;
    *) configs+=("$config,$taken") ;;
  esac
done
queue simplified_q "${configs[@]}" --cell-hours 0.4 "$@"
