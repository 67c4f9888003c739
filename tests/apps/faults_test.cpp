// What can go wrong around a run: each time one clear line, a non-zero exit, nothing half-written, nothing lost.
#include <gtest/gtest.h>

#include "apps/tiny_run.h"
#include "support/disk_faults.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

/// Temporary files and folders anywhere in a run.
std::vector<std::string> half_written(const fs::path& run) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (entry.path().filename().string().starts_with(".tmp")) names.push_back(entry.path().string());
  }
  return names;
}

struct Faults : ::testing::Test {
  void SetUp() override { ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err; }
  /// A copy of the whole run, to be spoilt.
  const fs::path& copy() {
    fs::copy(whole_run().run, run, fs::copy_options::recursive);
    return run;
  }
  Finished train(const std::vector<std::string>& settings = {}) {
    return run_program("onramp-train", tiny_arguments(whole_run().config, run, settings));
  }
  TemporaryFolder folder;
  fs::path run = folder / "run";
};

TEST_F(Faults, ASecondRunOnTheSameFolder) {
  Program first("onramp-train", tiny_arguments(whole_run().config, run, {"phases.1.updates=1000000"}));
  ASSERT_TRUE(first.wait_until([&] { return fs::exists(run / "episodes" / "000000.h5"); })) << first.wait().err;
  const std::string message = run.string() + " is in use by another run (process " + std::to_string(first.pid()) + ")";
  expect_refused(train({"phases.1.updates=1000000"}), 1, message);
  expect_refused(train({"run.seed=9"}), 1, message);
  auto asked = tiny_arguments(whole_run().config, run, {"phases.1.updates=1000000"});
  asked.emplace_back("--dry-run");
  expect_stopped(run_program("onramp-train", asked), 1, message);
  EXPECT_TRUE(first.running());
}

TEST_F(Faults, AnotherConfigOnTheSameFolder) {
  copy();
  expect_refused(
      train({"learners.agent.alpha=0.5"}), 2,
      "holds a run of another config (learners.agent.alpha: '1.0' in the folder against '0.5' in the config)");
  expect_refused(train({"run.seed=6"}), 2, "run.seed: '5' in the folder against '6' in the config");
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "") << "nothing was touched";
}

TEST_F(Faults, ADamagedNewestCheckpoint) {
  const auto newest = list_checkpoints(copy() / "checkpoints").back();
  const auto file = newest / "learners--agent--actor.safetensors";
  const auto sound = read_file(file);
  for (const auto& damaged :
       {sound.substr(0, sound.size() / 2), std::string(sound).replace(sound.size() / 2, 1, "#")}) {
    write_file_atomic(file, damaged);
    for (const bool dry : {true, false}) {
      auto asked = tiny_arguments(whole_run().config, run, {});
      if (dry) asked.emplace_back("--dry-run");
      expect_stopped(run_program("onramp-train", asked), 1, "learners--agent--actor.safetensors is damaged");
    }
  }
  fs::remove_all(newest);  // as the message says
  const auto finished = train();
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "");
}

TEST_F(Faults, ACheckpointOfANewerProgram) {
  const auto manifest = list_checkpoints(copy() / "checkpoints").back() / "manifest.json";
  auto json = nlohmann::json::parse(read_file(manifest));
  json["format_version"] = 1000;
  write_file_atomic(manifest, json.dump());
  expect_stopped(train(), 1, "was written by a newer onramp");
}

TEST_F(Faults, ADamagedEpisode) {
  const auto file = copy() / "episodes" / "000003.h5";
  write_file_atomic(file, read_file(file).substr(0, 1000));
  expect_stopped(train(), 1, "000003.h5: is damaged or half-written");
  fs::remove(file);
  expect_stopped(train(), 1, "000003.h5: is missing, and the checkpoint counts it; put the run's own file back");
}

TEST_F(Faults, MetricsThatAreGone) {
  fs::remove(copy() / "metrics.csv");
  const std::string message = "metrics.csv is missing, and the checkpoint knows ";
  expect_stopped(train(), 1, message);
  expect_stopped(train(), 1, message);  // it was not begun anew
}

TEST_F(Faults, AFolderThatCannotBeWritten) {
  run = "/proc/onramp/run";  // nobody may write there, root neither
  expect_refused(train(), 1, "/proc/onramp");
  write_file_atomic(folder / "file", std::string_view("x"));
  run = folder / "file" / "run";
  expect_refused(train(), 1, (folder / "file").string());
  if (::geteuid() == 0) return;  // whom permissions do not bind
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  run = folder / "locked" / "run";
  expect_refused(train(), 1, "Permission denied; check the permissions of the folder or choose another one");
}

TEST_F(Faults, ALogOnAFullDisk) {
  fs::create_directories(run / "checkpoints");  // as a run's folder
  fs::create_symlink("/dev/full", run / "metrics.csv");
  expect_stopped(train(), 1,
                 "metrics.csv: no space left on the device; free some space and run the same command again");
  fs::remove(run / "metrics.csv");
  EXPECT_EQ(train().code, 0);
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "");
}

TEST_F(Faults, ADiskThatFillsUpWhileItRuns) {
  std::string filled_by;
  for (const char* size : {"48k", "160k", "400k", "800k"}) {
    SCOPED_TRACE(size);
    const auto told = run_on_small_disk(size, [&](const fs::path& disk) -> std::string {
      const auto arguments = tiny_arguments(whole_run().config, disk / "run");
      const auto stopped = run_program("onramp-train", arguments);
      const auto last = lines_of(stopped.err).empty() ? std::string() : lines_of(stopped.err).back();
      if (stopped.code != 1 || !last.starts_with("error: "))
        return "exit code " + std::to_string(stopped.code) + ": " + stopped.err;
      if (last.find("no space left on the device; free some space and run the same command again") == std::string::npos)
        return last;
      if (!half_written(disk / "run").empty()) return half_written(disk / "run").front() + " was left";

      if (::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m") != 0) return "the disk cannot grow";
      const auto finished = run_program("onramp-train", arguments);
      if (finished.code != 0) return finished.err;
      const auto differences = difference(whole_run().contents, lasting_contents(disk / "run"));
      return differences.empty() ? "full at " + last : differences;
    });
    if (!told) GTEST_SKIP() << "no right to mount a small disk here";
    EXPECT_EQ(told->find("full at "), 0u) << *told;
    filled_by += *told + "\n";
  }
  EXPECT_NE(filled_by.find("episodes/"), std::string::npos) << filled_by;
  EXPECT_NE(filled_by.find("checkpoints/"), std::string::npos) << filled_by;
}

TEST_F(Faults, NoEgl) {
  const auto finished =
      run_program("onramp-train", tiny_arguments(whole_run().config, run), {},
                  {"__EGL_VENDOR_LIBRARY_FILENAMES=/nowhere.json", "__EGL_VENDOR_LIBRARY_DIRS=/nowhere"});
  expect_stopped(finished, 1, "error: no EGL");
  EXPECT_EQ(train().code, 0) << "with EGL the same command goes on";
  EXPECT_EQ(difference(whole_run().contents, lasting_contents(run)), "");
}

TEST_F(Faults, NumbersThatBlowUp) {
  const auto finished =
      train({"run.log_every=1", "run.checkpoint_every_s=0", "learners.agent.optimizer.learning_rate=1e30"});
  expect_stopped(finished, 1, "offline step 1: ");
  const auto checkpoint = list_checkpoints(run / "checkpoints").back();
  EXPECT_NE(finished.err.find("the last good checkpoint is " + checkpoint.string()), std::string::npos) << finished.err;
  EXPECT_EQ(position_of(run).phase, 3);
}

}  // namespace
}  // namespace onramp::test
