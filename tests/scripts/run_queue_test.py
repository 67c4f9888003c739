#!/usr/bin/env python3
"""scripts/run_queue.py against a program that behaves like onramp-train and only waits."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Writes checkpoints as a run does, holds the folder's lock, saves and leaves with 130 on SIGINT. The config's text says what
# else it does: "fail", or how many steps of 50 ms it takes.
TRAINER = r'''#!/usr/bin/env python3
import fcntl, json, pathlib, signal, sys, time
config = pathlib.Path(sys.argv[1]).read_text().strip()
settings = dict(word.split("=", 1) for word in sys.argv[2:] if "=" in word)
folder = pathlib.Path(settings["run.folder"])
if config == "fail":
    print("error: the wheel came off", file=sys.stderr)
    sys.exit(1)
folder.mkdir(parents=True, exist_ok=True)
lock = open(folder / ".lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("error: held", file=sys.stderr)
    sys.exit(1)
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
found = sorted(folder.glob("checkpoints/*/manifest.json"))
step = json.loads(found[-1].read_text())["extra"]["step"] if found else 0
with open(folder / "starts", "a") as starts:
    starts.write(f"{step} {settings['compute.threads']}\n")
(folder / "given").write_text(" ".join(sys.argv[2:]))
def save(phase):
    place = folder / "checkpoints" / "000001"
    place.mkdir(parents=True, exist_ok=True)
    extra = {"phase": 0, "phase_name": phase, "step": step, "episodes": 0, "phase_seconds": {"learn": 3.6 * step},
             "phase_order": ["learn"]}
    (place / "new").write_text(json.dumps({"extra": extra, "config_hash": "h", "machine": {}}))
    (place / "new").rename(place / "manifest.json")
while step < int(config):
    time.sleep(0.05)
    step += 1
    save("learn")
    if stop:
        sys.exit(130)
save("finished")
(folder / "config.yaml").write_text("run:\n  seed: 1\n")
(folder / "metrics.csv").write_text("phase,step,metric,value\nlearn,1,loss,1\n")
(folder / "report").mkdir(exist_ok=True)
row = {"name": "learn", "policy_hash": "", "episodes": 2, "rate": 0.5, "low": 0.1, "high": 0.9, "mean_return": 1.0, "ends": {},
       "seeds": [0, 1], "success": [1, 0]}
(folder / "report" / "results.json").write_text(json.dumps({"policies": [row]}))
'''


class RunQueue(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        (self.folder / "train").write_text(TRAINER)
        (self.folder / "train").chmod(0o755)

    def config(self, name, text):
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return str(path)

    def command(self, *arguments):
        return [sys.executable, str(ROOT / "scripts/run_queue.py"), *arguments, "--runs", str(self.folder / "runs"), "--results",
                str(self.folder / "results"), "--train", str(self.folder / "train")]

    def run_queue(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=60)

    def run_folder(self, variant, seed):
        return self.folder / "runs" / variant / f"seed{seed}"

    def starts(self, variant, seed):
        return (self.run_folder(variant, seed) / "starts").read_text().split("\n")[:-1]

    def wait_for(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.01)

    def test_runs_every_cell_once_and_sums_it_up(self):
        configs = [self.config("a", "2"), self.config("b", "2")]
        done = self.run_queue(*configs, "--seeds", "1", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for variant in "ab":
            for seed in (1, 2):
                self.assertEqual(self.starts(variant, seed), ["0 1"])
                summary = json.loads((self.folder / "results" / variant / f"seed{seed}" / "summary.json").read_text())
                self.assertEqual(summary["policies"][0]["success"], "10")
        self.assertIn("| learn | 50.0 (10.0 .. 90.0) | 50.0 (10.0 .. 90.0) | 50.0 |", done.stdout)
        again = self.run_queue(*configs, "--seeds", "1", "2")
        self.assertEqual(again.returncode, 0)
        self.assertEqual(self.starts("a", 1), ["0 1"], "what is finished is skipped")

    def test_gives_a_config_the_settings_that_stand_behind_it(self):
        configs = [self.config("a", "1"), self.config("b", "1") + ",x.from=runs/a/seed{seed},y=2"]
        done = self.run_queue(*configs, "--seeds", "7", "--set", "y=3")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        given = {variant: (self.run_folder(variant, 7) / "given").read_text() for variant in "ab"}
        self.assertNotIn("x.from", given["a"])
        self.assertIn("--set x.from=runs/a/seed7 --set y=2 --set y=3", given["b"])
        refused = self.run_queue(configs[0] + ",oops")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("want KEY=VALUE after the comma, got 'oops'", refused.stderr)

    def test_runs_a_config_under_names_of_its_own(self):
        a = self.config("a", "1")
        done = self.run_queue(f"lift/plain@0.5={a}", f"lift/changed={a},x=[1,2],y.z=3", "--seeds", "1", "2", "--by-seed", "--parallel", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("--set x=[1,2] --set y.z=3", (self.run_folder("lift/changed", 2) / "given").read_text())
        self.assertTrue((self.folder / "results/lift/plain/seed2/summary.json").exists())
        order = [line.split("finished ")[1].split(" after")[0] for line in done.stdout.split("\n") if "] finished" in line]
        self.assertEqual(order, ["lift/plain seed 1", "lift/changed seed 1", "lift/plain seed 2", "lift/changed seed 2"])
        self.assertIn("\nlift/plain\n", done.stdout)

    def test_estimates_each_config_by_itself(self):
        a = self.config("a", "1")
        listed = self.run_queue(f"long@3={a}", f"short@0.25={a}", "--seeds", "1", "--parallel", "1", "--list").stdout
        self.assertIn("about 3.00 h to go, an estimate", listed)
        self.assertIn("about 0.25 h to go, an estimate", listed)
        self.assertIn("in all about 3.2 h to go", listed)
        self.assertIn("want hours after the @, got 'soon'", self.run_queue(f"long@soon={a}").stderr)

    def test_lists_and_does_nothing(self):
        configs = [self.config("a", "2")]
        listed = self.run_queue(*configs, "--list", "--cell-hours", "0.5")
        self.assertIn("to do", listed.stdout)
        self.assertIn("in all about 0.8 h to go, 2 at a time", listed.stdout)  # 3 x 0.5 h
        listed = self.run_queue(*configs, "--list")
        self.assertIn("in all 3 to go; how long is not known before one is finished (an estimate: --cell-hours H)", listed.stdout)
        self.assertNotIn("0.0 h", listed.stdout)
        self.assertFalse((self.folder / "runs").exists())
        self.run_queue(*configs, "--seeds", "1")
        listed = self.run_queue(*configs, "--list", "--cell-hours", "0.5", "--parallel", "1")
        self.assertIn("finished", listed.stdout)
        # A measured cell, of 2 x 3.6 s, stands for the others.
        self.assertIn("in all about 0.0 h to go", listed.stdout)

    def test_continues_after_ctrl_c(self):
        self.continues_after(signal.SIGINT, expected_code=130)

    def test_continues_after_a_polite_kill(self):
        self.continues_after(signal.SIGTERM, expected_code=130)

    def test_continues_after_kill_9(self):
        self.continues_after(signal.SIGKILL, expected_code=-9)

    def continues_after(self, number, expected_code):
        configs = [self.config("a", "40"), self.config("b", "40"), self.config("c", "1")]
        queue = subprocess.Popen(self.command(*configs, "--seeds", "1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.wait_for(lambda: all((self.run_folder(v, 1) / "checkpoints/000001/manifest.json").exists() for v in "ab"))
        os.kill(queue.pid, number)
        out, _ = queue.communicate(timeout=30)
        self.assertEqual(queue.returncode, expected_code, out)
        # The runs have saved and let go, also where the queue could not tell them to.
        listed = lambda: self.run_queue(*configs, "--seeds", "1", "--list").stdout
        self.wait_for(lambda: listed().count("interrupted in phase learn") == 2)
        self.assertFalse(self.run_folder("c", 1).exists(), "nothing new is started")
        if number != signal.SIGKILL:
            self.assertIn("missing:", out)
            self.assertIn("--set run.seed=1", out)
        done = self.run_queue(*configs, "--seeds", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreater(int(self.starts("a", 1)[1].split()[0]), 0, "it went on from its checkpoint")

    def test_names_what_fails_and_goes_on(self):
        configs = [self.config("bad", "fail"), self.config("good", "1")]
        done = self.run_queue(*configs, "--seeds", "1", "--parallel", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed bad seed 1 (exit code 1): error: the wheel came off", done.stdout)
        self.assertIn("finished good seed 1", done.stdout)

    def test_starts_nothing_when_the_hours_are_over(self):
        configs = [self.config("a", "10"), self.config("b", "1")]
        done = self.run_queue(*configs, "--seeds", "1", "--parallel", "1", "--hours", "0.00005")  # 0.18 s
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("finished a seed 1", done.stdout)
        self.assertIn("b seed 1", done.stdout.split("missing:")[1])
        self.assertFalse(self.run_folder("b", 1).exists())

    def test_takes_summaries_for_finished_where_asked(self):
        configs = [self.config("a", "1")]
        self.run_queue(*configs, "--seeds", "1")
        (self.folder / "runs").rename(self.folder / "elsewhere")
        self.assertIn("to do", self.run_queue(*configs, "--seeds", "1", "--list").stdout)
        self.assertIn("finished", self.run_queue(*configs, "--seeds", "1", "--list", "--keep-results").stdout)

    def test_shows_no_other_runs_results_as_its_own(self):
        configs = [self.config("a", "1")]
        self.run_queue(*configs, "--seeds", "1")
        (self.folder / "runs").rename(self.folder / "elsewhere")
        nothing = [*configs, "--seeds", "1", "--hours", "0.0000001"]
        self.assertNotIn("| learn |", self.run_queue(*nothing).stdout)
        self.assertIn("| learn |", self.run_queue(*nothing, "--keep-results").stdout)
        # A summary of another run gives way to that of the run that is there.
        shutil.rmtree(self.folder / "runs")
        (self.folder / "elsewhere").rename(self.folder / "runs")
        summary = self.folder / "results/a/seed1/summary.json"
        mine = summary.read_text()
        summary.write_text(json.dumps({**json.loads(mine), "phase_seconds": {"learn": 12345.0}}))
        self.assertIn("| learn |", self.run_queue(*configs, "--seeds", "1").stdout)
        self.assertEqual(summary.read_text(), mine)

    def test_runs_first_what_others_take_a_part_of(self):
        a, b = self.config("a", "2"), self.config("b", "1")
        taken = f"x.from={self.folder}/runs/shared/seed{{seed}}"
        arguments = [f"a={a}", f"b={b},{taken}", f"c={b},{taken}", "--part", f"shared@1={a},y=2", "--seeds", "1", "2"]
        self.assertEqual(self.run_queue(*arguments, "--list").stdout.count("shared seed"), 2)
        done = self.run_queue(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for seed in (1, 2):
            self.assertEqual(self.starts("shared", seed), ["0 1"])
            self.assertIn("--set y=2", (self.run_folder("shared", seed) / "given").read_text())
            for cell in (f"b seed {seed}", f"c seed {seed}"):
                self.assertLess(done.stdout.index(f"finished shared seed {seed}"), done.stdout.index(f"start {cell}"))
        self.assertFalse((self.folder / "results/shared").exists(), "it is no cell of the comparison")
        # Where all that take from it are finished nobody needs it.
        (self.folder / "runs").rename(self.folder / "elsewhere")
        self.assertNotIn("shared", self.run_queue(*arguments, "--list", "--keep-results").stdout)

    def test_leaves_out_what_takes_a_part_of_a_run_that_failed(self):
        taken = f"x.from={self.folder}/runs/shared/seed{{seed}}"
        done = self.run_queue(f"b={self.config('b', '1')},{taken}", "--part", f"shared={self.config('bad', 'fail')}", "--seeds", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("left out b seed 1: it takes a part from shared seed 1, which is not finished", done.stdout)
        self.assertFalse(self.run_folder("b", 1).exists())

    def test_refuses_what_it_cannot_do(self):
        a = self.config("a", "1")
        self.assertIn("no such config", self.run_queue("nowhere.yaml").stderr)
        self.assertIn("two configs have the same name", self.run_queue(a, a).stderr)
        (self.folder / "train").unlink()
        self.assertIn("no program", self.run_queue(a).stderr)


if __name__ == "__main__":
    unittest.main()
