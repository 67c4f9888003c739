"""Draws figures with matplotlib: python3 draw.py FIGURES.json FOLDER

Each figure of the file becomes FOLDER/<name>.png and, where it asks for "dark", FOLDER/<name>.dark.png as well. What the
file holds is declared in onramp/training/figure.h. A figure that cannot be drawn is named on stderr; the others are drawn.
"""
import json
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

THEMES = {
    "": {"ink": "#24292f", "paper": "#ffffff", "faint": "#d0d7de"},
    ".dark": {"ink": "#d5dbe1", "paper": "#161b22", "faint": "#3a424c"},
}
# Okabe and Ito's palette, which colour-blind people can tell apart; its yellow and black would drown in one of the themes.
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f"]
PANEL_INCHES = {"picture": (3.0, 3.0), "matrix": (3.8, 3.4), "field": (4.0, 3.4)}
LINES_INCHES, LONE_LINES_INCHES = (4.4, 3.0), (7.0, 3.6)  # of the other kinds; the second where there is one panel alone
LEGEND_ROW_INCHES = 0.17


def numbers(values):
    """A list in which null stands for what is not finite."""
    return np.array([math.nan if v is None else v for v in values], dtype=float)


def color_of(entry):
    return COLORS[entry["color"] % len(COLORS)]


def draw_lines(axis, panel):
    for line in panel.get("lines", []):
        x, y = numbers(line["x"]), numbers(line["y"])
        alone = np.isfinite(y).sum() == 1  # a line of one point would not be seen
        axis.plot(x, y, line["style"], color=color_of(line), linewidth=line["width"], alpha=line["alpha"],
                  label=line["label"] or None, marker="o" if alone else None, markersize=4)
        if line["low"]:
            axis.fill_between(x, numbers(line["low"]), numbers(line["high"]), color=color_of(line), alpha=0.15, linewidth=0)
    for level in panel.get("levels", []):
        axis.axhline(level["y"], color=color_of(level), linestyle=level["style"], linewidth=1.2, label=level["label"] or None)
        if level["low"] is not None:
            axis.axhspan(level["low"], level["high"], color=color_of(level), alpha=0.08, linewidth=0)
    for mark in panel.get("marks", []):
        axis.axvline(mark["x"], color=plt.rcParams["axes.edgecolor"], linestyle=":", linewidth=0.9)
        axis.annotate(mark["label"], (mark["x"], 1), xycoords=("data", "axes fraction"), xytext=(2, -3), rotation=90,
                      textcoords="offset points", va="top", ha="left", fontsize=7)
    ticks = panel.get("x_ticks", [])
    if ticks:
        axis.set_xticks([tick["x"] for tick in ticks])
        axis.set_xticklabels([tick["label"] for tick in ticks], fontsize=8)
        axis.tick_params(axis="x", length=0)
        axis.grid(False, axis="x")
    for point in panel.get("points", []):
        spread = None if point["low"] is None else [[point["y"] - point["low"]], [point["high"] - point["y"]]]
        axis.errorbar([point["x"]], [point["y"]], yerr=spread, fmt=point["marker"], color=color_of(point), markersize=6,
                      capsize=3, linestyle="none", label=point["label"] or None)


def draw_bars(axis, panel):
    """Histograms over common edges, as outlines so that several can be told apart."""
    for series in panel["series"]:
        axis.stairs(numbers(series["heights"]), numbers(panel["edges"]), color=color_of(series), linewidth=1.4,
                    label=series["label"] or None)
        axis.stairs(numbers(series["heights"]), numbers(panel["edges"]), color=color_of(series), alpha=0.15, fill=True)


def draw_intervals(axis, panel):
    """One row a label: value with its interval, and the single results behind it."""
    rows = panel["rows"]
    for i, row in enumerate(rows):
        at = len(rows) - 1 - i
        if row["low"] is not None:
            axis.plot([row["low"], row["high"]], [at, at], color=color_of(row), linewidth=6, alpha=0.3, solid_capstyle="butt")
        axis.plot([row["value"]], [at], "o", color=color_of(row), markersize=6)
        axis.plot(numbers(row["single"]), [at] * len(row["single"]), "|", color=color_of(row), markersize=9)
    axis.set_yticks(range(len(rows)))
    axis.set_yticklabels([row["label"] for row in reversed(rows)])
    axis.set_ylim(-0.6, len(rows) - 0.4)


def draw_matrix(axis, panel):
    limit = panel["limit"]
    image = axis.imshow(np.array(panel["values"], dtype=float), cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axis.grid(False)
    axis.figure.colorbar(image, ax=axis, fraction=0.046, pad=0.04, label=panel["value_label"])


def draw_field(axis, panel):
    """Contours of a function of two variables, and arrows along its gradient, the fainter the smaller it is."""
    x, y, values = numbers(panel["x"]), numbers(panel["y"]), np.array(panel["values"], dtype=float)  # [len(y), len(x)]
    contour = axis.contourf(x, y, values, levels=14, cmap="viridis", alpha=0.85)
    axis.figure.colorbar(contour, ax=axis, fraction=0.046, pad=0.04, label=panel["value_label"])
    dy, dx = np.gradient(values, y, x)
    size = np.hypot(dx, dy)
    largest = size.max() if size.max() > 0 else 1.0
    unit = np.where(size > 0, size, 1.0)
    every = max(1, len(x) // 10)
    thin = (slice(every // 2, None, every),) * 2
    grid_x, grid_y = np.meshgrid(x, y)
    colors = np.ones((size[thin].size, 4))
    colors[:, 3] = 0.15 + 0.85 * (size[thin] / largest).ravel()
    axis.quiver(grid_x[thin], grid_y[thin], (dx / unit)[thin], (dy / unit)[thin], color=colors, scale=14, width=0.008, pivot="mid")
    for point in panel["points"]:
        axis.plot([point["x"]], [point["y"]], point["marker"], color="#ff5c5c", markeredgecolor="white", markersize=9,
                  label=point["label"])
    axis.grid(False)
    axis.set_aspect("equal")


def draw_picture(axis, panel):
    axis.imshow(np.array(panel["pixels"], dtype=np.uint8).reshape(panel["height"], panel["width"], 3), interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)


DRAW = {"lines": draw_lines, "bars": draw_bars, "intervals": draw_intervals, "matrix": draw_matrix, "field": draw_field,
        "picture": draw_picture}


def draw_figure(figure, output):
    panels = figure["panels"]
    columns = min(figure["columns"], len(panels))
    rows = -(-len(panels) // columns)
    # Columns of a figure hold panels of one kind, so that the first row tells their widths.
    lines_inches = LINES_INCHES if len(panels) > 1 else LONE_LINES_INCHES
    sizes = [PANEL_INCHES.get(panel["kind"], lines_inches) for panel in panels]
    widths = [size[0] for size in sizes[:columns]]
    height = max(size[1] for size in sizes)
    for panel in panels:
        if panel["kind"] == "intervals":
            height = 0.9 + 0.3 * len(panel["rows"])
    whole, axes = plt.subplots(rows, columns, squeeze=False, gridspec_kw={"width_ratios": widths})
    flat = [axis for row in axes for axis in row]
    for axis, panel in zip(flat, panels):
        DRAW[panel["kind"]](axis, panel)
        axis.set(title=panel["title"], xlabel=panel["x_label"], ylabel=panel["y_label"])
        if panel["log_y"]:
            axis.set_yscale("log")
        if panel["y_limits"]:
            axis.set_ylim(*panel["y_limits"])
        if panel["x_limits"]:
            axis.set_xlim(*panel["x_limits"])
        if panel["equal"]:
            axis.set_aspect("equal")
    for axis in flat[len(panels):]:
        axis.axis("off")
    # One legend below all panels: it covers nothing, and a label that several panels share stands in it once.
    handles = {}
    for axis in flat:
        for handle, label in zip(*axis.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    width = sum(widths)
    longest = max((len(label) for label in handles), default=1)
    legend_columns = max(1, min(len(handles), int(width * 17 / (longest + 6))))
    legend_inches = LEGEND_ROW_INCHES * -(-len(handles) // legend_columns) + 0.1 if handles else 0.0
    inches = rows * height + legend_inches
    whole.set_size_inches(width, inches)
    if handles:
        whole.legend(handles.values(), handles.keys(), loc="lower center", ncol=legend_columns, frameon=False, fontsize=8)
    whole.tight_layout(rect=(0, legend_inches / inches, 1, 1))
    whole.savefig(output, dpi=figure["dpi"], bbox_inches="tight", pad_inches=0.12)
    plt.close(whole)


def main():
    file, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    failed = 0
    for figure in json.loads(file.read_text())["figures"]:
        for suffix, theme in THEMES.items():
            if suffix and not figure["dark"]:
                continue
            ink, paper, faint = theme["ink"], theme["paper"], theme["faint"]
            style = {"text.color": ink, "axes.labelcolor": ink, "axes.edgecolor": ink, "xtick.color": ink, "ytick.color": ink,
                     "figure.facecolor": paper, "axes.facecolor": paper, "savefig.facecolor": paper, "grid.color": faint,
                     "axes.grid": True, "grid.linewidth": 0.6, "axes.axisbelow": True, "axes.spines.top": False,
                     "axes.spines.right": False, "font.size": 9, "axes.titlesize": 10}
            try:
                with plt.rc_context(style):
                    draw_figure(figure, folder / f"{figure['name']}{suffix}.png")
            except Exception as error:  # the other figures are worth having
                print(f"figure {figure['name']}: {type(error).__name__}: {error}", file=sys.stderr)
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
