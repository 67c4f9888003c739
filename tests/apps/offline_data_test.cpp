// Training from recorded data alone: configs/adroit/door_offline.yaml.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "apps/program.h"
#include "onramp/training/policy_file.h"
#include "support/d4rl_files.h"
#include "support/run_contents.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct OfflineData : ::testing::Test {
  /// The shipped config, with few updates.
  Finished train(const fs::path& data, const std::string& updates = "12", const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{ONRAMP_SOURCE_DIR "/configs/adroit/door_offline.yaml",
                                       "--set",
                                       "data.path=" + data.string(),
                                       "--set",
                                       "run.folder=run",
                                       "--set",
                                       "compute.threads=1",
                                       "--set",
                                       "phases.0.updates=" + updates,
                                       "--set",
                                       "phases.1.updates=" + updates};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program("onramp-train", arguments, folder.path());
  }
  void expect_policies(int64_t observation_dim, int64_t action_dim) {
    for (const char* name : {"cloning", "offline"}) {
      const auto file = read_policy_file(folder / "run" / "policies" / name, at::kCPU);
      EXPECT_EQ(file.policy->action_spec().dim, action_dim);
      Rng random = RandomStream(0, "test").next();
      const auto state = file.policy->begin(2);
      const auto action =
          file.policy->act({{"state", at::zeros({2, observation_dim})}}, *state, ActMode::kMode, random).action;
      EXPECT_EQ(action.sizes(), (at::IntArrayRef{2, action_dim}));
    }
  }
  TemporaryFolder folder;
};

TEST_F(OfflineData, TrainsFromAMadeUpFile) {
  write_d4rl(folder / "made_up.hdf5", make_d4rl({30, 20, 40, 30}));
  const auto finished = train("made_up.hdf5");  // relative to where the program runs
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.err.find("data: 4 episodes, "), std::string::npos) << finished.err;
  const auto metrics = read_file(folder / "run" / "metrics.csv");
  EXPECT_NE(metrics.find("cloning,12,bc_loss,"), std::string::npos);
  EXPECT_NE(metrics.find("offline,12,critic_loss,"), std::string::npos);
  expect_policies(4, 2);
  for (const char* unused : {"episodes", "videos"}) EXPECT_FALSE(fs::exists(folder / "run" / unused)) << unused;

  const auto scored = run_program("onramp-eval", {(folder / "run").string()});
  EXPECT_EQ(scored.code, 2);
  EXPECT_NE(scored.err.find("trained on data alone"), std::string::npos) << scored.err;
}

TEST_F(OfflineData, TakesTheFirstEpisodesAlone) {
  write_d4rl(folder / "made_up.hdf5", make_d4rl({30, 20, 40, 30}));
  const auto finished = train("made_up.hdf5", "12", {"--set", "data.episodes=3"});
  ASSERT_EQ(finished.code, 0) << finished.err;
  // Time-outs give their last row to the state after it; the second succeeds in its middle and is cut there.
  EXPECT_NE(finished.err.find("data: 3 episodes, 79 steps"), std::string::npos) << finished.err;
  expect_refused(train("made_up.hdf5", "12", {"--set", "data.episodes=5", "--set", "run.folder=more"}), 2,
                 "data.episodes = 5, but");
  EXPECT_FALSE(fs::exists(folder / "more"));
}

TEST_F(OfflineData, GoesOnBitForBit) {
  write_d4rl(folder / "made_up.hdf5", make_d4rl({30, 20, 40, 30}));
  ASSERT_EQ(train("made_up.hdf5").code, 0);
  const auto want = lasting_contents(folder / "run");
  fs::remove_all(list_checkpoints(folder / "run" / "checkpoints").back());
  ASSERT_EQ(train("made_up.hdf5").code, 0);
  EXPECT_EQ(difference(want, lasting_contents(folder / "run")), "");
}

TEST_F(OfflineData, NamesAFileThatCannotBeUsedAndLeavesNothing) {
  const auto refuse = [&](const fs::path& file, int code, const std::string& message) {
    const auto finished = train(file);
    expect_refused(finished, code, message);
    EXPECT_FALSE(fs::exists(folder / "run")) << message;
  };
  refuse("nowhere.hdf5", 2, "nowhere.hdf5");
  write_file_atomic(folder / "text.hdf5", std::string_view("this is no HDF5 file"));
  refuse("text.hdf5", 1, "text.hdf5");
  write_d4rl(folder / "sound.hdf5", make_d4rl());
  const auto bytes = read_file(folder / "sound.hdf5");
  write_file_atomic(folder / "cut.hdf5", bytes.substr(0, bytes.size() / 2));
  refuse("cut.hdf5", 1, "cut.hdf5");
  auto arrays = make_d4rl();
  arrays.observations[9] = NAN;
  write_d4rl(folder / "nan.hdf5", arrays);
  refuse("nan.hdf5", 1, "observations");
  arrays = make_d4rl();
  arrays.timeouts.assign(arrays.timeouts.size(), 0);
  arrays.success.assign(arrays.success.size(), 0);
  write_d4rl(folder / "endless.hdf5", arrays);
  refuse("endless.hdf5", 1, "endless.hdf5");
}

TEST_F(OfflineData, TrainsFromTheRealDemonstrations) {
  const auto file = real_data("door_human.hdf5");
  if (!file) GTEST_SKIP() << "adroit/door_human.hdf5 is neither in ONRAMP_TEST_DATA nor in ../shared/data";
  const auto finished = train(*file);
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.err.find("data: 25 episodes, "), std::string::npos) << finished.err;
  expect_policies(39, 28);  // Adroit's door: 39 numbers seen, 28 joints moved
}

}  // namespace
}  // namespace onramp::test
