#!/usr/bin/env python3
"""Prints several runs of one config side by side, as a Markdown table: success of each policy by seed, and over seeds.

usage: scripts/seed_table.py SUMMARY_FOLDER...     e.g. benchmarks/results/quickstart/seed*

Folders are what scripts/summarize_run.py writes. Needs Python alone.
"""
import json
import pathlib
import statistics
import sys


def read(folder):
    try:
        return json.loads((folder / "summary.json").read_text())
    except FileNotFoundError:
        sys.exit(f"error: {folder} holds no summary.json: write it with scripts/summarize_run.py RUN {folder}")


def duration(seconds):
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def main():
    folders = [pathlib.Path(name) for name in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    runs = [read(folder) for folder in folders]
    print("| policy | " + " | ".join(folder.name for folder in folders) + " | mean | worst | best |")
    print("|---" * (len(folders) + 4) + "|")
    for policy in [row["name"] for row in runs[0]["policies"]]:
        rows = [next(row for row in run["policies"] if row["name"] == policy) for run in runs]
        cells = [f"{100 * row['rate']:.1f} ({100 * row['low']:.1f} .. {100 * row['high']:.1f})" for row in rows]
        rates = [100 * row["rate"] for row in rows]
        print(f"| {policy} | " + " | ".join(cells) +
              f" | {statistics.mean(rates):.1f} | {min(rates):.1f} | {max(rates):.1f} |")
    totals = [sum(run["phase_seconds"].values()) for run in runs]
    print("| wall time | " + " | ".join(duration(total) for total in totals) +
          f" | {duration(statistics.mean(totals))} | {duration(max(totals))} | {duration(min(totals))} |")


if __name__ == "__main__":
    main()
