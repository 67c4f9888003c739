#!/usr/bin/env bash
# What scripts/bench.sh compares with, under the name one looks for beside it: scripts/setup_peers.sh --bench.
exec "$(dirname "${BASH_SOURCE[0]}")/setup_peers.sh" --bench "$@"
