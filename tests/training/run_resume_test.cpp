// Runs that were stopped, in whatever way, and go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/training/run.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

/// As if the run had been killed at its very end and its disk had kept checkpoints up to `kept` alone: all that was written
/// later (rows of metrics, episodes, policies, results) is still there.
void forget_checkpoints_after(const fs::path& run, size_t kept) {
  const auto checkpoints = list_checkpoints(run / "checkpoints");
  for (size_t i = kept; i < checkpoints.size(); ++i) fs::remove_all(checkpoints[i]);
}

// The state is whole at each unit of work of each kind of phase: every one of them is tried.
TEST_F(Runs, GoOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole");
  const auto checkpoints = checkpoints_of_whole();
  // One a unit (4 episodes, 3 times 5 updates, 4 episodes, 3 policies) and one a phase; and while a policy is scored as often as
  // somebody looks, once at least and at most after each of its 5 episodes.
  ASSERT_GE(checkpoints.size(), 4u + 15 + 4 + 3 * (1 + 1) + 6);
  ASSERT_LE(checkpoints.size(), 4u + 15 + 4 + 3 * (5 + 1) + 6);
  expect_goes_on_bit_for_bit(checkpoints, replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000"));
}

// Killed between a policy that was kept and the checkpoint after it, or after both.
TEST_F(Runs, NeitherLoseNorDoublePoliciesKeptOnTheWay) {
  const auto text =
      replaced(kTinyRun, "learner: cloning, updates: 5", "learner: cloning, updates: 5, keep_policy_every: 2");
  execute(folder_ / "whole", text);
  const auto want = lasting_contents(folder_ / "whole");
  const auto names = names_in(folder_ / "whole" / "policies");
  EXPECT_EQ(names, (std::vector<std::string>{"cloning", "cloning@2", "cloning@4", "offline", "online"}));
  const size_t before_cloning = 4 + 1 + 5 + 1;
  for (const size_t kept : {before_cloning + 1, before_cloning + 2, before_cloning + 3}) {
    SCOPED_TRACE(kept);
    forget_checkpoints_after(folder_ / "whole", kept);
    execute(folder_ / "whole", text);
    EXPECT_EQ(names_in(folder_ / "whole" / "policies"), names);
    EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
  }
  forget_checkpoints_after(folder_ / "whole", before_cloning + 3);
  for (const char* name : {"cloning@4", "cloning", "offline", "online"}) {
    fs::remove_all(folder_ / "whole" / "policies" / name);  // as if killed then
  }
  execute(folder_ / "whole", text);
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
}

TEST_F(Runs, CollectAgainWhatNoCheckpointKnows) {
  execute(folder_ / "whole");
  const auto want = lasting_contents(folder_ / "whole");
  forget_checkpoints_after(folder_ / "whole", 2);
  fs::remove(folder_ / "whole" / "episodes" / "000003.h5");  // killed before it was on disk
  execute(folder_ / "whole");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "whole")), "");
}

TEST_F(Runs, KeepAnEpisodeThatCannotBeRepeated) {
  execute(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 2);
  const auto path = folder_ / "run" / "episodes" / "000003.h5";
  Episode other = read_episode(path);
  other.reward[0] += 1.0F;  // a robot never does the same twice
  write_episode(path, other);
  execute(folder_ / "run");
  const auto names = names_in(folder_ / "run" / "episodes");
  const auto aside = std::find(names.begin(), names.end(), "000003.aside-1.h5");
  ASSERT_NE(aside, names.end()) << "what was recorded is never lost";
  EXPECT_EQ(read_episode(folder_ / "run" / "episodes" / *aside).reward, other.reward);
}

TEST_F(Runs, CutAwayAHalfWrittenRowAndStaleTemporaryFiles) {
  execute(folder_ / "run");
  const auto want = lasting_contents(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 10);
  std::ofstream(folder_ / "run" / "metrics.csv", std::ios::app) << "online,9,crit";
  const auto stale = folder_ / "run" / "checkpoints" / ".tmp.000011.999999999";
  fs::create_directory(stale);
  execute(folder_ / "run");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "run")), "");
  EXPECT_FALSE(fs::exists(stale));
}

TEST_F(Runs, SaveWhenTheyAreInterruptedAndGoOn) {
  execute(folder_ / "whole");
  const auto text = replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  int starts = 0;
  for (bool finished = false; !finished; ++starts) {
    ASSERT_LT(starts, 100);
    onramp::Run run(read_run(text, point_catalog()), folder_ / "run");
    if (run.state().phase < 5) request_interrupt();  // a policy's evaluation begins anew each time
    try {
      run.execute();
      finished = true;
    } catch (const InterruptedError& error) {
      EXPECT_NE(std::string(error.what()).find("the same command continues it"), std::string::npos) << error.what();
    }
    clear_interrupt();
  }
  EXPECT_EQ(starts, 4 + 15 + 4 * 3 + 1 + 1);  // each got one unit of work done, the last but one a wave of evaluation
  EXPECT_EQ(difference(lasting_contents(folder_ / "whole"), lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, RefuseADamagedCheckpointAndGoOnFromTheOneBefore) {
  execute(folder_ / "run");
  const auto want = lasting_contents(folder_ / "run");
  const auto checkpoints = list_checkpoints(folder_ / "run" / "checkpoints");
  const auto file = checkpoints.back() / "learners--agent--critic.safetensors";
  auto bytes = read_file(file);
  bytes[bytes.size() - 3] ^= 1;
  write_file_atomic(file, bytes);
  expect_throws<CheckpointError>([&] { execute(folder_ / "run"); }, "learners--agent--critic.safetensors is damaged");
  fs::remove_all(checkpoints.back());
  execute(folder_ / "run");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, RefuseACheckpointThatStandsNowhere) {
  execute(folder_ / "run");
  const auto file = list_checkpoints(folder_ / "run" / "checkpoints").back() / "manifest.json";
  const auto sound = nlohmann::json::parse(read_file(file));
  const auto refuses = [&](const char* key, const nlohmann::json& value, const std::string& text) {
    auto manifest = sound;
    manifest["extra"][key] = value;
    manifest["sha256"] = manifest_hash(manifest);
    write_file_atomic(file, manifest.dump());
    expect_throws<CheckpointError>([&] { execute(folder_ / "run"); }, text);
  };
  refuses("phase", -1, "manifest.json is damaged (where the run stood is impossible)");
  refuses("phase", 7, "where the run stood is impossible");
  refuses("episodes", "many", "where the run stood cannot be read");
  refuses("phase_seconds", 3, "where the run stood cannot be read");
}

TEST_F(Runs, RefuseAnEpisodeThatIsDamagedOrGone) {
  execute(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 8);
  const auto file = folder_ / "run" / "episodes" / "000001.h5";
  auto bytes = read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomic(file, bytes);
  const std::string remedy = "put the run's own file back, or start anew in another run.folder";
  expect_throws<DataError>([&] { execute(folder_ / "run"); },
                           "do not agree with its head); the checkpoint counts it: " + remedy);
  fs::remove(file);
  expect_throws<IoError>([&] { execute(folder_ / "run"); },
                         file.string() + ": is missing, and the checkpoint counts it; " + remedy);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomic(file, bytes);
  EXPECT_NO_THROW(execute(folder_ / "run")) << "the remedy works";
}

TEST_F(Runs, RefuseMetricsThatAreGone) {
  execute(folder_ / "run");
  const auto want = lasting_contents(folder_ / "run");
  forget_checkpoints_after(folder_ / "run", 8);
  const auto events = folder_ / "run" / "tensorboard" / names_in(folder_ / "run" / "tensorboard").at(0);
  for (const auto& file : {folder_ / "run" / "metrics.csv", events}) {
    SCOPED_TRACE(file);
    fs::rename(file, folder_ / "away");
    expect_throws<IoError>([&] { execute(folder_ / "run"); }, file.string() + " is missing, and the checkpoint knows ");
    expect_throws<IoError>([&] { execute(folder_ / "run"); },
                           " bytes of it; put the file back, or start anew in another run.folder");
    EXPECT_FALSE(fs::exists(file)) << "it must not be begun anew: then nothing would say that it was missing";
    fs::rename(folder_ / "away", file);
  }
  execute(folder_ / "run");
  EXPECT_EQ(difference(want, lasting_contents(folder_ / "run")), "");
}

TEST_F(Runs, KeepWhatAnEnvironmentRecordedBeforeItFailed) {
  const auto world = std::make_shared<World>();
  world->fail_at_step = 6;
  const auto text =
      replaced(kTinyRun, "{type: point}", "{type: point, reach: 0.001, max_steps: 4}");  // all episodes last 4 steps
  expect_throws<EnvironmentError>([&] { execute(folder_ / "run", text, world); }, "the wheel came off");
  ASSERT_EQ(names_in(folder_ / "run" / "episodes"), (std::vector<std::string>{"000000.h5", "000001.h5"}));
  const auto cut = read_episode(folder_ / "run" / "episodes" / "000001.h5");
  EXPECT_EQ(cut.length(), 1);
  EXPECT_EQ(cut.end, EndReason::kCommsLoss);

  execute(folder_ / "run", text);  // mended: the phase still owes three whole episodes
  EXPECT_EQ(names_in(folder_ / "run" / "episodes").size(), 1u + 8);
  EXPECT_EQ(read_episode(folder_ / "run" / "episodes" / "000001.h5").length(), 1);
}

TEST_F(Runs, SaveWhenAnEnvironmentCannotBeReset) {
  const auto world = std::make_shared<World>();
  world->fail_at_reset = 6;  // the second attempt on line
  const auto text = replaced(kTinyRun, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  expect_throws<ResetFailed>([&] { execute(folder_ / "run", text, world); }, "the cart is stuck; free it");
  const auto last = read_manifest(list_checkpoints(folder_ / "run" / "checkpoints").back()).at("extra");
  EXPECT_EQ(last.at("phase_name"), "online");
  EXPECT_EQ(last.at("step"), 1) << "the work since the last checkpoint is not lost";
  execute(folder_ / "run", text);
  execute(folder_ / "whole");
  EXPECT_EQ(difference(lasting_contents(folder_ / "whole"), lasting_contents(folder_ / "run")), "");
}

}  // namespace
}  // namespace onramp
