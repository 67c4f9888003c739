#!/usr/bin/env python3
"""Puts what is worth keeping of a finished run into a folder small enough to commit.

usage: scripts/summarize_run.py RUN_FOLDER DESTINATION     e.g. runs/quickstart/seed1 benchmarks/results/quickstart/seed1

Writes config.yaml (resolved, without where the run lay), summary.json (config hash, machine, phases with wall time, success
table with the success of each held-out situation, from first_seed on) and metrics.csv (thinned to at most 100 rows of each
metric and phase; success and length of every attempt are kept). onramp-report reads it. Needs Python alone.
"""
import csv
import json
import pathlib
import sys

ROWS = 100  # of each metric and phase that are kept
WHOLE = ("success", "length")  # of every attempt: success is drawn over the steps that attempts took


def fail(message):
    sys.exit(f"error: {message}")


def newest_manifest(run):
    found = sorted(run.glob("checkpoints/*/manifest.json"))
    if not found:
        fail(f"{run} holds no checkpoint: is it a run's folder?")
    return json.loads(found[-1].read_text())


def thin(source, target):
    series = {}
    with open(source, newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        for row in rows:
            series.setdefault((row[0], row[2]), []).append(row)
    with open(target, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for rows in series.values():
            stride = 1 if rows[0][2] in WHOLE else (len(rows) + ROWS - 1) // ROWS
            kept = rows[::stride]
            if kept[-1] is not rows[-1]:
                kept.append(rows[-1])
            writer.writerows(kept)


def by_situation(row):
    """Success by held-out situation, one digit each: what paired comparisons need. Evaluations number them without gaps."""
    return {"first_seed": row["seeds"][0], "success": "".join(str(int(flag)) for flag in row["success"])}


def without_place(line):
    """Of a run that a learner was taken from, its own name: runs/<config>/seed<k>, and not where that lay. Of data their file's."""
    for key, parts in (("    from: ", 3), ("  path: ", 1)):
        before, found, path = line.partition(f"{key}/")
        if found and not before.strip():
            return f"{before}{key}{'/'.join(path.split('/')[-parts:])}"
    return line


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    run, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    manifest = newest_manifest(run)
    extra = manifest["extra"]
    if extra["phase_name"] != "finished":
        fail(f"{run} is not finished (it is in phase '{extra['phase_name']}'): continue it first")
    target.mkdir(parents=True, exist_ok=True)
    config = (run / "config.yaml").read_text().splitlines(keepends=True)
    (target / "config.yaml").write_text("".join(without_place(line) for line in config if not line.startswith("  folder:")))
    thin(run / "metrics.csv", target / "metrics.csv")
    results = json.loads((run / "report" / "results.json").read_text())["policies"]
    kept = ("name", "policy_hash", "episodes", "rate", "low", "high", "mean_return", "ends")
    summary = {
        "config_hash": manifest["config_hash"],
        "machine": manifest["machine"],
        "phase_seconds": {name: round(extra["phase_seconds"].get(name, 0.0), 1) for name in extra["phase_order"]},
        "policies": [{key: row[key] for key in kept} | {"successes": sum(row["success"])} | by_situation(row) for row in results],
    }
    (target / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
