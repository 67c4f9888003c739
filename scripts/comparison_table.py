#!/usr/bin/env python3
"""Prints the runs of several configs as one Markdown table: success off line and on line, and how high the values rose.

usage: scripts/comparison_table.py RESULTS_FOLDER [CONFIG...]     e.g. benchmarks/results/simplified_q cpu cql_sac bc

RESULTS_FOLDER/<config>/seed<k> is what scripts/summarize_run.py writes; without CONFIG all that are there, by success. Success is
the mean over seeds in percent, with each seed's behind it. "Q(s, pi)" is the mean value of the policy's actions over the last tenth
of a phase's rows, "max Q(s, a)" that of the largest value of the data in a batch, both as the mean over seeds and their range: to be
held against what can be earned at all. Needs Python alone.
"""
import csv
import json
import pathlib
import statistics
import sys

OFFLINE = ("offline", "pretraining", "cloning")  # names that the last policy before the on-line phase goes by


def read(folder):
    summary = json.loads((folder / "summary.json").read_text())
    series = {}
    with open(folder / "metrics.csv", newline="") as file:
        for row in csv.DictReader(file):
            series.setdefault((row["phase"], row["metric"]), []).append(float(row["value"]))
    return {"success": {row["name"]: 100 * row["rate"] for row in summary["policies"]}, "series": series,
            "hours": sum(summary["phase_seconds"].values()) / 3600}


def success(runs, names):
    rates = [next((run["success"][name] for name in names if name in run["success"]), None) for run in runs]
    rates = [rate for rate in rates if rate is not None]
    if not rates:
        return "", -1.0
    mean = statistics.mean(rates)
    return f"**{mean:.1f}** ({', '.join(f'{rate:g}' for rate in rates)})", mean


def late(runs, phase, metric):
    ends = []
    for run in runs:
        values = run["series"].get((phase, metric), [])
        if values:
            ends.append(statistics.mean(values[-max(1, len(values) // 10):]))
    return f"{statistics.mean(ends):.1f} ({min(ends):.1f} .. {max(ends):.1f})" if ends else ""


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    results = pathlib.Path(sys.argv[1])
    if not results.is_dir():
        sys.exit(f"error: no folder {results}: scripts/reproduce/simplified_q.sh makes benchmarks/results/simplified_q")
    names = sys.argv[2:] or sorted(folder.name for folder in results.iterdir() if any(folder.glob("seed*/summary.json")))
    rows = []
    for name in names:
        folders = sorted(results.glob(f"{name}/seed*/summary.json"))
        if not folders:
            sys.exit(f"error: {results / name} holds no seed*/summary.json: run it, scripts/summarize_run.py writes them")
        runs = [read(file.parent) for file in folders]
        offline, score = success(runs, OFFLINE)
        online, last = success(runs, ("online",))
        rows.append((max(score, last), f"| `{name}` | {len(runs)} | {offline} | {online} | " + " | ".join(
            late(runs, phase, metric) for phase in ("offline", "online") for metric in ("q_policy", "q_data_max")) + " |"))
    if not sys.argv[2:]:
        rows.sort(key=lambda row: -row[0])
    print("| config | seeds | off line, % | on line, % | Q(s, pi) off line | max Q(s, a) off line | Q(s, pi) on line | max Q(s, a) on line |")
    print("|---|---|---|---|---|---|---|---|")
    for _, row in rows:
        print(row)


if __name__ == "__main__":
    main()
