#!/usr/bin/env python3
"""Runs onramp-bench beside its peers, round after round, and prints one table of medians. scripts/bench.sh calls it.

Each row is a process of its own, in which the machine's peak is measured again, in turn with the row: what a row is compared
with was measured within the same seconds. Peers run right after the row that they are compared with. A share or a ratio is
computed within a round; the table shows the median over the rounds. A row that fails is named in the table with its reason, the
others go on, and the exit code is 1.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FP32, BF16, MEMCPY = "peak/gemm/fp32", "peak/gemm/bf16", "peak/memcpy"

# (row, peer, its command, whether its MKL is told to use AVX-512, bar): a peer runs right after its row, which is to have at least
# `bar` times its rate; without a bar the ratio is shown.
PAIRS = [
    ("redq/critic/fp32", "peer/pytorch/redq", ["redq.py"], False, 2.5),
    ("redq/critic/fp32", "peer/pytorch/redq/avx512", ["redq.py"], True, 1.6),
    ("learner/cql_sac/state", "peer/d3rlpy/cql", ["cql_sac.py"], False, 2.5),
    ("learner/cql_sac/state", "peer/d3rlpy/cql/avx512", ["cql_sac.py"], True, 1.5),
]
for sizes in ("256x256", "512x512x512"):
    hidden = ["--hidden", *sizes.split("x")]
    for form, bar in (("each", 1.4), ("each/actor_last", None), ("split", None)):
        command = ["redq_utd4.py", *hidden, "--form", form]
        peer = f"peer/pytorch/redq/utd4/{sizes}/{form}"
        if form == "each":
            PAIRS.append((f"learner/redq/utd4/{sizes}/{form}", peer, command, False, None))
        PAIRS.append((f"learner/redq/utd4/{sizes}/{form}", f"{peer}/avx512", command, True, bar))
    PAIRS.append((f"learner/redq/utd4/{sizes}/each/actor_last", f"peer/sbx/sac/utd4/{sizes}", ["sbx_sac.py", *hidden], False, 1.5))
    for method, options in (("cql", []), ("cal_ql", ["--calibrate"])):
        command = ["cal_ql.py", *hidden, *options]
        PAIRS.append((f"learner/{method}/{sizes}", f"peer/d3rlpy/{method}/{sizes}", command, False, None))
        PAIRS.append((f"learner/{method}/{sizes}", f"peer/d3rlpy/{method}/{sizes}/avx512", command, True, 1.5))
# Ratios of rows to peers that ran beside another row: SBX evaluates all members of the target, as this row does.
RATIOS = [(row, peer, bar) for row, peer, _, _, bar in PAIRS] + [
    (f"learner/redq/utd4/{sizes}/each/actor_last/subset_10", f"peer/sbx/sac/utd4/{sizes}", None) for sizes in ("256x256", "512x512x512")
]
BARS = {  # row -> (key, at least or at most, bar)
    "replay/sample/batch_256": ("per_s", ">=", 900_000),
    "replay/memory": ("memory_per_frames", "<=", 1.1),
    "simulator/vacuum_grasp/images/one_core": ("times_real_time", ">=", 20),
    "act/state/mode": ("p50_us", "<=", 40),
    "act/state/sample": ("p50_us", "<=", 40),
    "act/images/small_conv": ("p50_us", "<=", 2000),
    "act/images/resnet": ("p50_us", "<=", 2000),
    "gym/state": ("p50_us", "<=", 100),
    "gym/two_images_84": ("p50_us", "<=", 300),
    "learner/simplified_q/state": ("share_of_peak", ">=", 0.4),
    "learner/cql_sac/state": ("share_of_peak", ">=", 0.4),
    "learner/bc/state": ("share_of_peak", ">=", 0.4),
    "redq/critic/fp32": ("share_of_peak", ">=", 0.4),
}
DETAILS = [  # (key, factor, words): what a row says beside its rate where it has the number
    ("flops_per_s", 1e-9, "{:,.0f} GFLOP/s"),
    ("share_of_peak", 100, "{:.0f} % of its FLOP limit"),
    ("bytes_per_s", 1e-9, "{:.1f} GB/s"),
    ("share_of_memcpy", 100, "{:.0f} % of memcpy"),
    ("times_real_time", 1, "{:,.0f} x real time"),
    ("p50_us", 1, "p50 {:.1f} us"),
    ("p99_us", 1, "p99 {:.1f} us"),
    ("empty_p50_us", 1, "empty loop: p50 {:.1f} us"),
    ("empty_p99_us", 1, "p99 {:.1f} us"),
    ("memory_per_frames", 1, "{:.3f} x the unique frames (resident)"),
]


def peaks_of(row):
    if row.startswith(("learner/", "redq/")):
        return [BF16 if "bf16" in row else FP32]
    return [MEMCPY] if row.startswith("replay/") else []


class Failure(Exception):
    """A row that could not be measured, in one line."""


def output_of(command, **options):
    """What a command prints. @throws Failure with the last line of its errors"""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode < 0:
        raise Failure(f"killed by signal {-done.returncode}")
    if done.returncode > 0:
        said = done.stderr.strip().splitlines()
        raise Failure(said[-1] if said else f"exit code {done.returncode}")
    return done.stdout


def run_rows(bench, rows, threads, seconds, repetitions):
    """Medians of each counter of each row, measured in one process, in turns. @throws Failure"""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.json"
        command = [
            str(bench),
            f"--threads={threads}",
            f"--benchmark_filter=^({'|'.join(map(re.escape, rows))})/real_time$",
            "--benchmark_enable_random_interleaving=true",
            f"--benchmark_repetitions={repetitions}",
            f"--benchmark_min_time={seconds}",
            f"--benchmark_out={out}",
            "--benchmark_out_format=json",
        ]
        output_of(command)
        report = json.loads(out.read_text())
    result = {}
    for row in rows:
        runs = [b for b in report["benchmarks"] if b["run_name"] == row + "/real_time" and b["run_type"] == "iteration"]
        keys = [k for k, v in runs[0].items() if isinstance(v, float) and k not in ("real_time", "cpu_time")]
        result[row] = {key: statistics.median(r[key] for r in runs) for key in keys}
        result[row]["unit"] = runs[0]["label"] + "/s"
    return result, report["context"]


def derive(row, values, peak):
    """What follows from a row and the peak that was measured beside it."""
    if peak and "flops_per_s" in values:
        values["share_of_peak"] = values["flops_per_s"] / peak["flops_per_s"]
    if peak and "bytes_per_s" in values:
        values["share_of_memcpy"] = values["bytes_per_s"] / peak["bytes_per_s"]
    if "control_period_s" in values:
        values["times_real_time"] = values["per_s"] * values["control_period_s"]


def run_peer(python, script, preload, threads):
    """@param script its name and options"""
    environment = dict(os.environ)
    if preload:
        environment["LD_PRELOAD"] = str(preload)
    command = [str(python), str(HERE / "peers" / script[0]), *script[1:], f"--threads={threads}"]
    return {"unit": "updates/s", **json.loads(output_of(command, env=environment).strip().splitlines()[-1])}


def show(progress):
    """One line that is redrawn on a terminal; a log has no use for it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def measure(arguments, rows):
    """@return numbers of each row, round by round; what the machine is; reasons of rows that failed, of which there are no numbers"""
    python = arguments.peers / "bin/python" if arguments.peers else None
    rounds, context, failed = [], None, {}
    for number in range(arguments.rounds):
        values = {}
        for row in rows:
            if row in failed:
                continue
            show(f"round {number + 1} of {arguments.rounds}: {row}")
            peaks = peaks_of(row)
            try:
                got, context = run_rows(arguments.bench, [row, *peaks], arguments.threads, arguments.seconds, 3)
                if peaks:  # the memory of the row alone
                    alone = run_rows(arguments.bench, [row], arguments.threads, 0.001, 1)[0] if number == 0 else None
                    got[row]["peak_memory_mib"] = alone[row]["peak_memory_mib"] if alone else None
            except Failure as failure:
                give_up(failed, row, failure)
                continue
            derive(row, got[row], got[peaks[0]] if peaks else None)
            for name, numbers in got.items():
                values.setdefault(name, numbers)
            for beside, name, script, avx512, _ in PAIRS if python else []:
                if beside != row or name in failed:
                    continue
                preload = arguments.peers / "mkl_avx512.so" if avx512 else None
                try:
                    values[name] = run_peer(python, script, preload, context["threads"])
                except Failure as failure:
                    give_up(failed, name, failure)
        rounds.append(values)
    show("")
    rounds = [{row: numbers for row, numbers in values.items() if row not in failed} for values in rounds]
    return rounds, context, failed


def give_up(failed, row, failure):
    failed[row] = str(failure)
    show("")
    print(f"failed: {row}: {failure}", file=sys.stderr)


def summarise(rounds):
    """Over the rounds: median of each number, smallest and largest rate."""
    summary = {}
    for row in rounds[0]:
        if any(row not in r for r in rounds):  # a peak, beside rows that failed in a later round
            continue
        numbers = {}
        for key, first in rounds[0][row].items():
            values = [r[row][key] for r in rounds if r[row][key] is not None]
            numbers[key] = statistics.median(values) if isinstance(first, (int, float)) else first
        rates = [r[row]["per_s"] for r in rounds]
        numbers["per_s_min"], numbers["per_s_max"] = min(rates), max(rates)
        summary[row] = numbers
    for row, peer, bar in RATIOS:
        if row in summary and peer in summary:
            ratio = statistics.median(r[row]["per_s"] / r[peer]["per_s"] for r in rounds)
            held_to = {"bar": f">= {bar}", "met": ratio >= bar} if bar else {}
            summary[f"{row} : {peer}"] = {"ratio": ratio, **held_to}
    for row, (key, sense, bar) in BARS.items():
        if row in summary:
            value = summary[row][key]
            summary[row]["bar"] = f"{key} {sense} {bar}"
            summary[row]["met"] = value >= bar if sense == ">=" else value <= bar
    return summary


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def describe(v):
    """What a row says beside its rate."""
    return ", ".join(words.format(v[key] * factor) for key, factor, words in DETAILS if key in v)


def table(summary, failed, context, rounds):
    lines = [f"{context['machine']}; {context['settings']}; medians over {rounds} rounds", ""]
    lines += ["| row | median | least .. most | | peak memory | bar |", "|---|---|---|---|---|---|"]
    for row, v in summary.items():
        bar = f"{v['bar']}: {'met' if v['met'] else 'MISSED'}" if "bar" in v else ""
        if "ratio" in v:
            lines.append(f"| {row} | {v['ratio']:.2f} x | | | | {bar} |")
            continue
        spread = f"{number(v['per_s_min'])} .. {number(v['per_s_max'])}"
        memory = v.get("peak_memory_mib")
        lines.append(
            f"| {row} | {number(v['per_s'])} {v['unit']} | {spread} | {describe(v)} | {f'{memory:,.0f} MiB' if memory else ''} | {bar} |"
        )
    lines += [f"| {row} | FAILED | | {reason} | | |" for row, reason in failed.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=pathlib.Path, required=True, help="onramp-bench")
    parser.add_argument("--peers", type=pathlib.Path, help="folder made by scripts/setup_peers.sh --bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.25, help="of each of three repetitions of a row in a round")
    parser.add_argument("--threads", type=int, default=0, help="of one operation; 0: one a core")
    parser.add_argument("--only", default="", help="rows whose name this regular expression finds")
    parser.add_argument("--results", type=pathlib.Path, help="folder for <machine>.json; not written with --only")
    arguments = parser.parse_args()

    listed = subprocess.run([arguments.bench, "--benchmark_list_tests"], capture_output=True, text=True, check=True)
    rows = [name.removesuffix("/real_time") for name in listed.stdout.split()]
    rows = [row for row in rows if re.search(arguments.only, row)]
    if not rows:
        sys.exit(f"error: no row of onramp-bench matches {arguments.only!r}")
    if not arguments.peers:
        print("peers are not measured: scripts/setup_peers.sh --bench sets them up", file=sys.stderr)
    rounds, context, failed = measure(arguments, rows)
    if context is None:
        sys.exit("error: none of the rows could be measured")
    summary = summarise(rounds)
    print(table(summary, failed, context, arguments.rounds))
    if failed:  # and a whole table that was written before is left alone
        sys.exit(f"error: could not be measured: {', '.join(failed)}")
    if arguments.results and not arguments.only:
        arguments.results.mkdir(parents=True, exist_ok=True)
        name = re.sub("[^a-z0-9]+", "-", context["machine"].lower()) + f"-{context['threads']}-threads.json"
        about = {key: context[key] for key in ("machine", "settings", "threads", "mkl", "date")}
        result = {"machine": about, "rounds": arguments.rounds, "rows": summary}
        (arguments.results / name).write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
        print(f"\nalso in {arguments.results / name}")


if __name__ == "__main__":
    main()
