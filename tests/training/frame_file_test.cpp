// Runs whose images lie in a memory-mapped file.
#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/training/memory_bill.h"
#include "support/disk_faults.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

constexpr const char* kInFile = "compute: {threads: 1}\nreplay: {memory_GB: 0}";

class FramesInAFile : public Runs {
 protected:
  const std::string in_file_ = replaced(kTinyRun, "compute: {threads: 1}", kInFile);
};

TEST_F(FramesInAFile, ChangeNoBit) {
  execute(folder_ / "memory", kTinyRun);
  execute(folder_ / "file", in_file_);
  EXPECT_EQ(difference(lasting_contents(folder_ / "memory"), lasting_contents(folder_ / "file")), "");
  onramp::Run run(read_run(in_file_, point_catalog()), folder_ / "file");
  const auto& frames = run.replay().dataset().frames("camera");
  EXPECT_GT(frames.size(), 0);
  EXPECT_EQ(frames.resident_bytes(), 0);
}

// Where images lie is not part of what a run is: one that was stopped may go on elsewhere.
TEST_F(FramesInAFile, AreRebuiltFromTheEpisodesWhenARunGoesOn) {
  execute(folder_ / "whole", kTinyRun);
  const auto world = std::make_shared<World>();
  world->fail_at_reset = 6;  // the second attempt on line
  EXPECT_THROW(execute(folder_ / "run", in_file_, world), ResetFailed);
  execute(folder_ / "run",
          replaced(in_file_, "memory_GB: 0", "memory_GB: 0, folder: " + (folder_ / "scratch").string()));
  EXPECT_EQ(difference(lasting_contents(folder_ / "whole"), lasting_contents(folder_ / "run")), "");
  EXPECT_TRUE(names_in(folder_ / "scratch").empty());
}

TEST_F(FramesInAFile, HoldRecordedDataToo) {
  execute(folder_ / "recorded", kTinyRun);
  const auto data = "data: {path: " + (folder_ / "recorded").string() + "}\npolicies:\n";
  const auto with_data = replaced(in_file_, "policies:\n", data);
  execute(folder_ / "memory", replaced(kTinyRun, "policies:\n", data));
  execute(folder_ / "file", with_data);
  EXPECT_EQ(difference(lasting_contents(folder_ / "memory"), lasting_contents(folder_ / "file")), "");
  // What is wrong with them is known before anything is on disk.
  const auto episodes = folder_ / "recorded" / "episodes";
  write_file_atomic(episodes / names_in(episodes).back(), std::string("damaged"));
  expect_throws<DataError>([&] { execute(folder_ / "refused", with_data); }, "is not a readable HDF5 file");
  EXPECT_FALSE(fs::exists(folder_ / "refused"));
}

TEST_F(FramesInAFile, FindTheDiskTooSmallBeforeAnythingIsDone) {
  const auto result = run_on_small_disk("2m", [&](const fs::path& disk) -> std::string {
    const auto world = std::make_shared<World>();
    const auto text = replaced(in_file_, "policy: expert, episodes: 4", "policy: expert, episodes: 5000");
    try {
      execute(disk / "run", text, world);
    } catch (const IoError& error) {
      const std::string message = error.what();
      if (message.find("for frames beyond replay.memory_GB") == std::string::npos) return message;
      return world->steps == 0 && !std::filesystem::exists(disk / "run" / "episodes") ? "" : "something was done";
    }
    return "no error";
  });
  if (!result) GTEST_SKIP() << "this machine lets no test mount a small disk";
  EXPECT_EQ(*result, "");
}

TEST(MemoryBill, SaysHowMuchLiesInAFile) {
  const ObservationSpec observation{
      {{.name = "state", .shape = {2}}, {.name = "camera", .dtype = DType::kUint8, .shape = {100, 100, 1}}}};
  const ActionSpec action{.dim = 1};
  const MemoryBill bill{.episodes = 100, .steps = 49};
  // A row: 10 000 pixels, their id 8, state 8, two actions 8, reward 4, success 1, episode 8 bytes; 5000 of them.
  FrameSpaceConfig config{.memory_GB = 1.0};
  EXPECT_EQ(memory_bill_text(bill, observation, action, config, "runs/a"),
            "at most 50.2 MB for 100 episodes of 49 steps");
  config.memory_GB = 0.02;
  EXPECT_EQ(
      memory_bill_text(bill, observation, action, config, "runs/a"),
      "at most 50.2 MB for 100 episodes of 49 steps; 30.0 MB of it, images beyond 20.0 MB, lie in a file in runs/a");
  config.folder = "/scratch";
  EXPECT_EQ(
      memory_bill_text({.episodes = 100, .steps = 49, .recorded_rows = 1000}, observation, action, config, "runs/a"),
      "at most 60.2 MB for 100 episodes of 49 steps and 1000 recorded observations; 40.0 MB of it, images beyond "
      "20.0 MB, lie in a file in /scratch");
  // Steps of which each may end an episode: two observations each, the last episode's to its end.
  config.memory_GB = 1.0;
  EXPECT_EQ(memory_bill_text({.more_steps = 2500}, observation, action, config, "runs/a"),
            "at most 50.2 MB for 2500 steps");
  EXPECT_EQ(memory_bill_text({.episodes = 100, .steps = 49, .more_steps = 2500}, observation, action, config, "runs/a"),
            "at most 101.4 MB for 100 episodes of 49 steps and 2500 steps");
}

}  // namespace
}  // namespace onramp
