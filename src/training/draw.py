"""Draws a run's curves: python3 plot_curves.py RUN_FOLDER OUTPUT.png

Reads metrics.csv (phase,step,metric,value) and report/results.json as onramp-train writes them.
"""
import csv
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def read_metrics(path):
    """(phase, metric) -> ([steps], [values]), in the order of the file."""
    series = {}
    with open(path, newline="") as rows:
        for row in csv.DictReader(rows):
            steps, values = series.setdefault((row["phase"], row["metric"]), ([], []))
            steps.append(int(row["step"]))
            values.append(float(row["value"]))
    return series


def smooth(values, window):
    """Mean of the last `window` values at each point."""
    total, out = 0.0, []
    for i, value in enumerate(values):
        total += value
        if i >= window:
            total -= values[i - window]
        out.append(total / min(i + 1, window))
    return out


def plot_success(axis, series, results):
    for (phase, metric), (steps, values) in series.items():
        if metric == "success" and len(values) > 1 and phase != "demonstrations":
            axis.plot(steps, smooth(values, 20), label=f"{phase} (mean of 20 attempts)")
    for i, row in enumerate(results):
        axis.axhline(row["rate"], color=f"C{i + 1}", linestyle="--", linewidth=1,
                     label=f"{row['name']}: {100 * row['rate']:.0f} % of {row['episodes']}")
        axis.axhspan(row["low"], row["high"], color=f"C{i + 1}", alpha=0.08)
    axis.set(title="success", xlabel="episode", ylim=(-0.02, 1.02))
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=7, loc="lower right")


def main():
    run, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    series = read_metrics(run / "metrics.csv")
    table = run / "report" / "results.json"
    results = json.loads(table.read_text())["policies"] if table.exists() else []

    # One panel for success, one for each learning phase and metric family that a person looks at first.
    wanted = ["hilbert_loss", "bc_loss", "critic_loss", "td_loss", "penalty", "regularizer", "q_data", "q_policy",
              "actor_loss", "entropy", "action_distance"]
    panels = [m for m in wanted if any(metric == m for _, metric in series)]
    columns = 3
    rows = (len(panels) + 1 + columns - 1) // columns
    figure, axes = plt.subplots(rows, columns, figsize=(4.6 * columns, 3.2 * rows), squeeze=False)
    flat = [axis for row in axes for axis in row]
    plot_success(flat[0], series, results)
    for axis, name in zip(flat[1:], panels):
        for (phase, metric), (steps, values) in series.items():
            if metric == name:
                axis.plot([step / steps[-1] for step in steps], values, label=f"{phase} ({steps[-1]})", linewidth=1)
        axis.set(title=name, xlabel="share of the phase (its length in updates or episodes)")
        axis.legend(fontsize=7)
    for axis in flat[1 + len(panels):]:
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(output, dpi=110)


if __name__ == "__main__":
    main()
