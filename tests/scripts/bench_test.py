#!/usr/bin/env python3
"""benchmarks/run.py over a program that only pretends to measure: what becomes of the table when a row fails."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Writes what onramp-bench does. A file `breaks` beside it says which row fails, from which call of that row on, and how.
BENCH = r'''#!/usr/bin/env python3
import json, os, pathlib, re, signal, sys
here = pathlib.Path(__file__).parent
rows = ["peak/gemm/fp32", "learner/bc/state", "replay/memory", "gym/state"]
options = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
if "--benchmark_list_tests" in sys.argv:
    print("\n".join(row + "/real_time" for row in rows + ["peak/memcpy"]))
    sys.exit(0)
chosen = [row for row in rows + ["peak/memcpy"] if re.search(options["--benchmark_filter"], row + "/real_time")]
broken, sound_calls, how = json.loads((here / "breaks").read_text())
if broken in chosen:
    calls = here / "calls"
    made = len(calls.read_text()) if calls.exists() else 0
    calls.write_text("x" * (made + 1))
    if made >= sound_calls:
        if how == "signal":
            os.kill(os.getpid(), signal.SIGSEGV)
        print("first line\nerror: " + how, file=sys.stderr)
        sys.exit(1)
runs = [{"run_name": row + "/real_time", "run_type": "iteration", "label": "updates", "real_time": 1.0, "per_s": 5.0,
         "flops_per_s": 1e9, "bytes_per_s": 1e9, "peak_memory_mib": 7.0, "memory_per_frames": 1.0, "p50_us": 1.0}
        for row in chosen]
context = {"machine": "made up", "settings": "none", "threads": "1", "mkl": "", "date": ""}
pathlib.Path(options["--benchmark_out"]).write_text(json.dumps({"context": context, "benchmarks": runs}))
'''


class Bench(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        (self.folder / "bench").write_text(BENCH)
        (self.folder / "bench").chmod(0o755)

    def run_it(self, row="", sound_calls=0, how="", *arguments):
        (self.folder / "breaks").write_text(json.dumps([row, sound_calls, how]))
        done = subprocess.run([sys.executable, ROOT / "benchmarks/run.py", "--bench", self.folder / "bench", "--rounds=2",
                               "--results", self.folder / "results", *arguments], capture_output=True, text=True)
        rows = {line.split("|")[1].strip(): line for line in done.stdout.splitlines() if line.startswith("| ")}
        return done.returncode, rows, done.stderr

    def test_a_whole_table_is_kept(self):
        code, rows, err = self.run_it()
        self.assertEqual(code, 0, err)
        self.assertIn("5 updates/s", rows["gym/state"])
        self.assertIn("100 % of its FLOP limit", rows["learner/bc/state"])
        kept = json.loads((self.folder / "results/made-up-1-threads.json").read_text())
        self.assertEqual(kept["rows"]["replay/memory"]["met"], True)

    def test_a_row_that_fails_is_named_and_the_others_go_on(self):
        code, rows, err = self.run_it("learner/bc/state", 0, "no module named 'numpy'")
        self.assertEqual(code, 1)
        self.assertIn("| FAILED | | error: no module named 'numpy' |", rows["learner/bc/state"])
        self.assertIn("5 updates/s", rows["gym/state"])
        self.assertEqual(err.strip().splitlines()[-1], "error: could not be measured: learner/bc/state")
        self.assertFalse((self.folder / "results").exists())

    def test_so_is_one_that_crashes_in_a_later_round(self):
        code, rows, _ = self.run_it("learner/bc/state", 2, "signal", "--only", "^learner|^gym")
        self.assertEqual(code, 1)
        self.assertIn("killed by signal 11", rows["learner/bc/state"])
        self.assertIn("5 updates/s", rows["gym/state"])

    def test_nothing_measured_is_an_error_alone(self):
        code, rows, err = self.run_it("gym/state", 0, "no", "--only", "^gym")
        self.assertEqual((code, rows), (1, {}))
        self.assertEqual(err.strip().splitlines()[-1], "error: none of the rows could be measured")


if __name__ == "__main__":
    unittest.main()
