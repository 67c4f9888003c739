"""scripts/quickstart.sh, test.sh and lib.sh over a cmake and programs that only pretend: what is refused when, what an interruption says."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
CMAKE = """#!/bin/sh
echo "cmake $*" >>"$CALLS"
case "$1" in --preset) exit 0 ;; esac
if [ -n "$NINJA_SAYS" ]; then echo "$NINJA_SAYS"; exit 2; fi
if [ -n "$SLOW" ]; then sleep 60 & echo $! >"$CALLS.pid"; wait; fi
echo "[1/1] done"
"""
TRAIN = """#!/bin/sh
echo "train $*" >>"$CALLS"
case "$*" in *sed=*) echo "error: --set run.sed=2: unknown key" >&2; exit 2 ;; esac
"""


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "scripts").mkdir()
        for name in ("quickstart.sh", "test.sh", "check_deep.sh", "kill_test.sh", "fuzz.sh", "lib.sh"):
            shutil.copy(SCRIPTS / name, self.folder / "scripts")
        write_program(self.folder / "scripts/setup.sh", '#!/bin/sh\necho setup >>"$CALLS"\n')
        write_program(self.folder / "bin/cmake", CMAKE)
        write_program(self.folder / "build/release/bin/onramp-train", TRAIN)
        self.calls_file = self.folder / "calls"
        self.environment = dict(os.environ, CALLS=str(self.calls_file), PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}")

    def start(self, *arguments, **environment):
        return self.start_script("quickstart.sh", *arguments, **environment)

    def start_script(self, name, *arguments, **environment):
        return subprocess.Popen([self.folder / "scripts" / name, *arguments], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True,
                                env=dict(self.environment, **environment))

    def run_script(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self):
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def test_builds_checks_the_config_and_trains(self):
        code, _, err = self.run_script("--set", "run.seed=2")
        self.assertEqual(code, 0, err)
        calls = self.calls()
        self.assertEqual(calls[0], "setup")
        self.assertEqual(calls[-1], "train configs/quickstart.yaml --set run.seed=2")
        self.assertIn("train configs/quickstart.yaml --dry-run --set run.seed=2", calls)

    def test_refuses_what_is_no_option_before_anything_else(self):
        for arguments in (["--foo"], ["run.seed=2"], ["--set"], ["--set", "run.seed"], ["--set", "a=1", "--folder", "x"]):
            code, _, err = self.run_script(*arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn("usage: scripts/quickstart.sh", err)
            self.assertIn("remedy:", err)
            self.assertEqual(self.calls(), [], arguments)

    def test_the_other_scripts_refuse_it_too(self):
        for name, *arguments in (["test.sh", "--bogus"], ["test.sh", "dev", "losses"], ["test.sh", "dev", "-R"], ["test.sh", "devel"],
                                 ["check_deep.sh", "-R", "losses", "asan"], ["check_deep.sh", "--only", "losess"],
                                 ["kill_test.sh", "--kills"], ["kill_test.sh", "100"], ["kill_test.sh", "--kills", "many"],
                                 ["fuzz.sh", "hdf5", "--mutants", "0"], ["fuzz.sh", "--seconds", "1.5"]):
            process = self.start_script(name, *arguments)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 2, [name, *arguments])
            self.assertIn(f"usage: scripts/{name}", err)
            self.assertNotIn("failed while", err)
            self.assertEqual(self.calls(), [], [name, *arguments])

    def test_arguments_of_ctest_are_passed_on(self):
        write_program(self.folder / "bin/ctest", '#!/bin/sh\necho "ctest $*" >>"$CALLS"\n')
        (self.folder / "build/dev").mkdir(parents=True)
        process = self.start_script("test.sh", "dev", "-R", "losses", "-j4", "--repeat", "until-fail:2", "--rerun-failed")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertTrue(self.calls()[-1].endswith(" -R losses -j4 --repeat until-fail:2 --rerun-failed"), self.calls())

    def test_refuses_an_unknown_key_before_the_other_programs_are_built(self):
        code, _, err = self.run_script("--set", "run.sed=2")
        self.assertEqual(code, 2)
        self.assertEqual(err.strip(), "error: --set run.sed=2: unknown key")
        self.assertEqual(sum("--target" in call for call in self.calls()), 1)

    def test_one_build_at_a_time_in_a_folder(self):
        first = self.start(SLOW="1")
        self.wait_for_build()
        second = self.start_script("test.sh", "release")
        line = next(line for line in second.stdout if "something else builds in build/release" in line)
        self.assertIn("waiting for its end", line)
        before = self.calls()
        time.sleep(0.5)
        self.assertEqual(self.calls(), before)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)
        second.communicate(timeout=60)
        self.assertGreater(len(self.calls()), len(before))

    def wait_for_build(self):
        pid_file = pathlib.Path(str(self.calls_file) + ".pid")
        for _ in range(300):
            if pid_file.exists() and pid_file.read_text().strip():
                return pid_file
            time.sleep(0.1)
        self.fail("no build began")

    def interrupt(self, number):
        process = self.start(SLOW="1")
        pid_file = self.wait_for_build()
        process.send_signal(number)  # to the script alone: what it started must go with it
        _, err = process.communicate(timeout=30)
        self.assertIn("interrupted while: Build build/release: onramp-train; the same command goes on from there", err)
        self.assertNotIn("remedy:", err)
        self.assertNotIn("failed while", err)
        worker = int(pid_file.read_text())
        for _ in range(100):
            if not pathlib.Path(f"/proc/{worker}/stat").exists() or ") Z " in pathlib.Path(f"/proc/{worker}/stat").read_text():
                break
            time.sleep(0.1)
        else:
            self.fail("the build still runs")
        return process.returncode

    def test_a_deep_check_of_some_layers_builds_and_runs_those_alone(self):
        for path in ("tests/base/log_test.cpp", "tests/envs/gym/spec_test.cpp"):
            (self.folder / path).parent.mkdir(parents=True)
            (self.folder / path).touch()
        write_program(self.folder / "bin/ctest", '#!/bin/sh\necho "ctest $GTEST_FILTER $*" >>"$CALLS"\n')
        (self.folder / "build/deep-tsan").mkdir(parents=True)
        process = self.start_script("check_deep.sh", "tsan", "--only", "base,envs_gym", "--cases", "Log.*:Gym*", "-V")
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertTrue(self.calls()[-2].endswith("--target test_base test_envs_gym"), self.calls())
        self.assertTrue(self.calls()[-1].startswith("ctest Log.*:Gym* "), self.calls())
        self.assertTrue(self.calls()[-1].endswith("-V --tests-regex ^(base|envs_gym)$"), self.calls())

    def test_an_interruption_is_no_failure(self):
        self.assertEqual(self.interrupt(signal.SIGTERM), 143)

    def test_nor_is_one_from_the_keyboard(self):
        self.assertEqual(self.interrupt(signal.SIGINT), 130)

    def test_nor_is_one_of_the_build_alone(self):
        code, _, err = self.run_script(NINJA_SAYS="ninja: build stopped: interrupted by user.")
        self.assertEqual(code, 130)
        self.assertIn("interrupted while: Build", err)
        self.assertNotIn("remedy:", err)

    def test_a_failure_names_its_remedy(self):
        code, _, err = self.run_script(NINJA_SAYS="a.cpp:1:1: error: expected ';'")
        self.assertEqual(code, 2)
        self.assertIn("a.cpp:1:1: error: expected ';'", err)
        self.assertIn("remedy: if it ran out of memory", err)


if __name__ == "__main__":
    unittest.main()
