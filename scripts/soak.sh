#!/usr/bin/env bash
# Whether memory stays flat: see --help.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'TEXT'
usage: scripts/soak.sh [--minutes M] [--bound-MB B]

Runs the quickstart's loop (tests/soak/loop.yaml: its networks, pictures and files, every phase cut short) over and over in
one process for M minutes (default 60), and fails when its memory grows by more than B megabytes (default 16) from the
second quarter of that time to the last. Builds what it needs. Leaves build/soak/memory.csv and build/soak/memory.png.
TEXT
}

minutes=60
bound=16
while [ $# -gt 0 ]; do
  case "$1" in
    --minutes) need_count "$@"; minutes="$2"; shift ;;
    --bound-MB) need_value "$@"; bound="$2"; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

cd "$ONRAMP_ROOT"
run_script scripts/setup.sh
configure release -DONRAMP_TESTS=ON
build release "about 10 minutes the first time" soak
step "Training over and over" "$minutes minutes"
remedy "build/soak/memory.csv has every round; build/soak/run.log the words of the last"
status=0
build/release/bin/soak tests/soak/loop.yaml build/soak --minutes "$minutes" --bound-MB "$bound" || status=$?
if [ -s build/soak/memory.csv ]; then
  /usr/bin/env python3 - build/soak 2>/dev/null <<'PYTHON' || note "no picture: python3-matplotlib is missing"
import csv, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
with open(sys.argv[1] + "/memory.csv") as file:
    rows = list(csv.DictReader(file))
plt.figure(figsize=(8, 3.5))
plt.plot([float(row["seconds"]) / 60 for row in rows], [float(row["MB"]) for row in rows], lw=1)
plt.ylim(bottom=0)
plt.xlabel("minutes")
plt.ylabel("memory of the process, MB")
plt.title(f"{len(rows)} trainings in one process")
plt.tight_layout()
plt.savefig(sys.argv[1] + "/memory.png", dpi=120)
PYTHON
fi
exit "$status"
