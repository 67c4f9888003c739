#!/usr/bin/env python3
"""Runs configs for several seeds, some at a time, and goes on where it was stopped.

A cell is one config with one seed, run by onramp-train into RUNS/<config>/seed<k>. A config may carry settings of its own,
CONFIG,KEY=VALUE,...: {seed} in them stands for the seed. It may go by another name than its file's, NAME=CONFIG, which may hold
slashes (RUNS/lift/ibrl/seed<k>), and say how many hours a cell of it takes, NAME@HOURS=CONFIG. What is finished is skipped, what
was interrupted is continued. Ctrl-C (or a kill) lets the runs save and stops; the same command goes on. Finished cells are
summed up into RESULTS/<name>/seed<k> by scripts/summarize_run.py, and shown by scripts/seed_table.py at the end.

What several cells take from one run (phases.encoder.from=RUNS/encoder/seed{seed}) is that run's --part encoder=CONFIG,...: it is
run before the first cell that is to do and names its folder, and is not summed up.
Needs Python alone.
"""
import argparse
import ctypes
import dataclasses
import fcntl
import json
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent
INTERRUPTED = 130  # exit code of onramp-train when it was stopped and has saved


@dataclasses.dataclass
class Variant:
    """A config as the command line names it: [NAME[@HOURS]=]CONFIG[,KEY=VALUE...]."""
    name: str
    config: pathlib.Path
    settings: list
    hours: float | None = None  # that a cell of it takes, as the caller says

    @staticmethod
    def read(text):
        # A comma begins a setting where a key follows: [a,b] is one value.
        words = re.split(r",(?=[^,=\[\]]+=)", text)
        if "," in words[0]:
            raise ValueError(f"{words[0].split(',')[0]}: want KEY=VALUE after the comma, got '{words[0].split(',', 1)[1]}'")
        for setting in words[1:]:
            if setting.count("[") == setting.count("]") and "," in re.sub(r"\[.*\]", "", setting):
                raise ValueError(f"{words[0]}: want KEY=VALUE after the comma, got '{setting.rsplit(',', 1)[1]}'")
        name, _, config = words[0].rpartition("=")
        name, at, hours = name.partition("@")
        if at and not re.fullmatch(r"\d+(\.\d+)?", hours):
            raise ValueError(f"{text}: want hours after the @, got '{hours}'")
        return Variant(name or pathlib.Path(config).stem, pathlib.Path(config), words[1:], float(hours) if at else None)


@dataclasses.dataclass
class Cell:
    of: Variant
    settings: tuple  # of this config alone: "key=value", {seed} filled in
    seed: int
    runs: pathlib.Path
    results: pathlib.Path
    is_part: bool = False
    failed: str = ""  # last line of what went wrong in this session

    @property
    def config(self):
        return self.of.config

    @property
    def variant(self):
        return self.of.name

    @property
    def name(self):
        return f"{self.variant} seed {self.seed}"

    @property
    def folder(self):
        return self.runs / self.variant / f"seed{self.seed}"

    @property
    def summary(self):
        return self.results / self.variant / f"seed{self.seed}"

    @property
    def log(self):
        return self.runs / self.variant / f"seed{self.seed}.log"

    def takes_from(self, part):
        return any(setting.partition("=")[2] == str(part.folder) for setting in self.settings)

    def manifest(self):
        """What the newest checkpoint says of the run; None before the first. A living run may remove it meanwhile."""
        for _ in range(5):
            found = sorted(self.folder.glob("checkpoints/[0-9]*/manifest.json"))
            if not found:
                return None
            try:
                return json.loads(found[-1].read_text())["extra"]
            except FileNotFoundError:
                continue
        return None

    def is_running(self):
        """Whether a process, of this queue or another, holds the run's folder."""
        try:
            with open(self.folder / ".lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True

    def hours_done(self):
        manifest = self.manifest()
        return sum(manifest["phase_seconds"].values()) / 3600 if manifest else 0.0

    def hours_summed_up(self):
        """Of the summary in RESULTS; None without one."""
        try:
            return sum(json.loads((self.summary / "summary.json").read_text())["phase_seconds"].values()) / 3600
        except FileNotFoundError:
            return None

    def state(self, trust_results):
        manifest = self.manifest()
        if manifest and manifest["phase_name"] == "finished":
            return "finished"
        if self.is_running():
            return f"running, in phase {manifest['phase_name']}" if manifest else "running"
        if self.failed:
            return "failed"
        if trust_results and not self.is_part and self.hours_summed_up() is not None:
            return "finished"
        return f"interrupted in phase {manifest['phase_name']}, step {manifest['step']}" if manifest else "to do"


def measured_hours(cells):
    """Of those that are finished."""
    hours = [cell.hours_done() if cell.state(False) == "finished" else cell.hours_summed_up() for cell in cells]
    return [h for h in hours if h]


def expected_hours(cell, cells, default):
    """Of the whole cell: as measured on the same config, else as the caller says (of it, of all), else as measured on the others;
    None: not known."""
    own = measured_hours([other for other in cells if other.variant == cell.variant])
    said = default if cell.of.hours is None else cell.of.hours
    every = own or ([] if said else measured_hours(cells))
    return sum(every) / len(every) if every else said


def about(hours):
    return "for an unknown time" if hours is None else f"about {hours:.2f} h"


class Queue:
    def __init__(self, options, cells, parts):
        self.options = options
        self.cells = self.with_parts(cells, parts)
        self.running = {}  # process -> cell
        self.interrupts = 0
        self.started = time.monotonic()

    def with_parts(self, cells, parts):
        """Each part before the first cell that waits for it; without those that no cell waits for."""
        ordered = []
        for cell in cells:
            if not self.is_finished(cell):
                ordered += [part for part in parts if cell.takes_from(part) and part not in ordered]
            ordered.append(cell)
        return ordered

    def is_finished(self, cell):
        return cell.state(self.options.keep_results) == "finished"

    def parts_of(self, cell):
        return [part for part in self.cells if part.is_part and cell.takes_from(part)]

    def command(self, cell):
        words = [str(self.options.train), str(cell.config), "--set", f"run.seed={cell.seed}", "--set", f"run.folder={cell.folder}",
                 "--set", f"compute.threads={self.options.threads}"]
        for setting in [*cell.settings, *self.options.set]:
            words += ["--set", setting]
        return words

    def remaining_hours(self, cell):
        if self.is_finished(cell):
            return 0.0
        expected = expected_hours(cell, self.cells, self.options.cell_hours)
        done = cell.hours_done()  # on a machine that does more beside it a cell takes longer than was expected: then nobody knows
        return None if expected is None or done >= expected else expected - done

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)

    def show(self):
        width = max(len(cell.name) for cell in self.cells)
        for cell in self.cells:
            hours = self.remaining_hours(cell)
            known = measured_hours([other for other in self.cells if other.variant == cell.variant])
            told = f"about {hours:.2f} h to go, {'as measured' if known else 'an estimate'}" if hours else ""
            print(f"{cell.name:{width}}  {cell.state(self.options.keep_results):44}  {told}".rstrip())
        hours = [self.remaining_hours(cell) for cell in self.cells]
        if None in hours:
            print(f"in all {hours.count(None)} to go; how long is not known before one is finished (an estimate: --cell-hours H)")
            return
        left = sum(hours)
        print(f"in all about {left / self.options.parallel:.1f} h to go, {self.options.parallel} at a time "
              "(measured where a cell of the config is finished, else an estimate)")

    def start(self, cell):
        cell.log.parent.mkdir(parents=True, exist_ok=True)

        def in_child():
            # A run saves and stops when the queue dies, whatever kills it: else the next queue would find its folder held.
            ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG

        with open(cell.log, "a") as log:
            # A session of its own, so that a terminal's Ctrl-C reaches it once and through us: twice would mean at once.
            process = subprocess.Popen(self.command(cell), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                       start_new_session=True, preexec_fn=in_child)
        self.running[process] = cell
        self.say(f"{'continue' if cell.manifest() else 'start'} {cell.name}, {about(self.remaining_hours(cell))}; "
                 f"output in {cell.log}")

    def collect(self):
        for process in [p for p in self.running if p.poll() is not None]:
            cell = self.running.pop(process)
            if process.returncode == 0:
                self.say(f"finished {cell.name} after {cell.hours_done():.2f} h")
                if not cell.is_part:
                    self.sum_up(cell)
            elif process.returncode in (INTERRUPTED, -signal.SIGINT):
                self.say(f"stopped {cell.name}: {cell.state(False)}")
            else:
                lines = cell.log.read_text(errors="replace").split("\n")
                cell.failed = next((line for line in reversed(lines) if line.strip()), f"exit code {process.returncode}")
                self.say(f"failed {cell.name} (exit code {process.returncode}): {cell.failed}")

    def sum_up(self, cell):
        target = cell.summary
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([sys.executable, SCRIPTS / "summarize_run.py", cell.folder, target], capture_output=True, text=True)
        if done.returncode != 0:
            self.say(f"no summary of {cell.name}: {done.stderr.strip()}")

    def interrupt(self, number, frame):
        self.interrupts += 1
        for process in self.running:
            process.send_signal(signal.SIGINT)
        if self.interrupts == 1:
            self.say(f"stopping: {len(self.running)} run(s) save what they have")

    def work(self):
        waiting = [cell for cell in self.cells if not self.is_finished(cell)]
        while self.running or waiting:
            self.collect()
            over = self.options.hours is not None and time.monotonic() - self.started > 3600 * self.options.hours
            if self.interrupts or over:
                if waiting and not self.interrupts:
                    self.say(f"{self.options.hours} h are over: no further cell is started")
                waiting = []
            while len(self.running) < self.options.parallel:
                coming = [*waiting, *self.running.values()]
                cell = next((cell for cell in waiting if not any(part in coming for part in self.parts_of(cell))), None)
                if cell is None:
                    break
                waiting.remove(cell)
                missing = [part for part in self.parts_of(cell) if not self.is_finished(part)]
                if missing:
                    cell.failed = f"it takes a part from {missing[0].name}, which is not finished"
                    self.say(f"left out {cell.name}: {cell.failed}")
                    continue
                if cell.is_running():
                    self.say(f"left {cell.name} alone: another process runs it")
                    continue
                self.start(cell)
            if self.running:
                time.sleep(0.2)

    def finish(self):
        """Summaries, anew since one that is there may be another run's, the tables of what is finished, and what is missing.
        @return exit code"""
        for cell in self.cells:
            if not cell.is_part and cell.state(False) == "finished":
                self.sum_up(cell)
        for variant in dict.fromkeys(cell.variant for cell in self.cells):
            done = [cell.summary for cell in self.cells
                    if cell.variant == variant and self.is_finished(cell) and cell.hours_summed_up() is not None]
            if done:
                print(f"\n{variant}\n", flush=True)
                subprocess.run([sys.executable, SCRIPTS / "seed_table.py", *done], check=False)
        missing = [cell for cell in self.cells if not self.is_finished(cell)]
        if missing:
            print("\nmissing:")
        for cell in missing:
            why = f", failed: {cell.failed}" if cell.failed else ""
            print(f"  {cell.name}, {about(self.remaining_hours(cell))}{why}:\n    {shlex.join(self.command(cell))}")
        if any(cell.failed for cell in self.cells):
            return 1
        return INTERRUPTED if self.interrupts else 0


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="+", metavar="[NAME[@HOURS]=]CONFIG[,KEY=VALUE...]",
                        help="the most telling first: they run in this order")
    parser.add_argument("--part", action="append", default=[], metavar="NAME[@HOURS]=CONFIG[,KEY=VALUE...]",
                        help="a run that cells take a part of, by its folder RUNS/NAME/seed<k> in their settings (repeatable)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="K", help="[1 2 3]")
    parser.add_argument("--by-seed", action="store_true", help="all configs with the first seed, then all with the next")
    parser.add_argument("--runs", type=pathlib.Path, required=True, help="folder that the runs go into")
    parser.add_argument("--results", type=pathlib.Path, required=True, help="folder that the summaries go into")
    parser.add_argument("--parallel", type=int, default=2, metavar="N", help="runs at a time [2]")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of each run [1]")
    parser.add_argument("--hours", type=float, metavar="H", help="start nothing new after that long; what runs is let finish")
    parser.add_argument("--cell-hours", type=float, metavar="H", help="estimate for a cell of a config that none was finished of")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="passed on to every run (repeatable)")
    parser.add_argument("--keep-results", action="store_true", help="what has a summary in RESULTS counts as finished, run folder or not")
    parser.add_argument("--list", action="store_true", help="say where every cell stands, and do nothing")
    parser.add_argument("--train", type=pathlib.Path, default=SCRIPTS.parent / "build/release/bin/onramp-train",
                        help="the program [build/release/bin/onramp-train]")
    options = parser.parse_args()
    try:
        options.configs = [Variant.read(text) for text in options.configs]
        options.part = [Variant.read(text) for text in options.part]
    except ValueError as error:
        parser.error(str(error))
    variants = options.configs + options.part
    for variant in variants:
        if not variant.config.is_file():
            parser.error(f"no such config: {variant.config}")
    if len({variant.name for variant in variants}) < len(variants):
        parser.error("two configs have the same name; their runs would share a folder")
    if options.parallel < 1 or options.threads < 1:
        parser.error("--parallel and --threads want a number >= 1")
    return options


def main():
    options = read_options()
    cells, parts = ([Cell(variant, tuple(setting.replace("{seed}", str(seed)) for setting in variant.settings), seed,
                          options.runs, options.results, variants is options.part)
                     for variant in variants for seed in options.seeds] for variants in (options.configs, options.part))
    if options.by_seed:
        cells.sort(key=lambda cell: options.seeds.index(cell.seed))
    queue = Queue(options, cells, parts)
    queue.show()
    if options.list:
        return 0
    if not options.train.is_file():
        sys.exit(f"error: no program {options.train}: build it with scripts/quickstart.sh, or name it with --train")
    options.runs.mkdir(parents=True, exist_ok=True)
    lock = open(options.runs / ".queue.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"error: another queue works in {options.runs}; wait for it, or stop it")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, queue.interrupt)
    queue.work()
    return queue.finish()


if __name__ == "__main__":
    sys.exit(main())
