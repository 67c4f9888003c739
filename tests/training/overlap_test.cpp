// interleave with overlap: true. The next episode runs while the learner works on the one before.
#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/training/metrics_table.h"
#include "training/run_fixture.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using namespace onramp::test;

class Overlap : public Runs {};

const std::string kSideBySide = replaced(kTinyRun, "updates_per_episode: 3,", "updates_per_episode: 3, overlap: true,");
constexpr int64_t kFirst = 4;  // episode on line; those before are demonstrations

// The policy is the one before the updates that run meanwhile, whatever takes longer.
TEST_F(Overlap, EpisodesAreByThePolicyOfOneEpisodeBefore) {
  execute(folder_ / "run", kSideBySide);
  const EpisodeStore store(folder_ / "run" / "episodes");
  const auto policy_of = [&](int64_t number) { return store.load(kFirst + number).meta.at("policy_hash"); };
  EXPECT_EQ(policy_of(0), policy_of(1));
  EXPECT_NE(policy_of(1), policy_of(2));
  EXPECT_NE(policy_of(2), policy_of(3));

  execute(folder_ / "in_turns");
  const EpisodeStore in_turns(folder_ / "in_turns" / "episodes");
  EXPECT_EQ(in_turns.load(kFirst + 1).meta.at("policy_hash"), policy_of(2)) << "both have learned from one episode";
}

// The metrics of a row are those of the episode that the row's updates came after.
TEST_F(Overlap, RowsAreOfTheirEpisodes) {
  execute(folder_ / "run", kSideBySide);
  const EpisodeStore store(folder_ / "run" / "episodes");
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  const auto* lengths = metrics.find("online", "length");
  ASSERT_NE(lengths, nullptr);
  ASSERT_EQ(lengths->value.size(), 4U);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(lengths->value[static_cast<size_t>(i)], double(store.load(kFirst + i).length())) << i;
  }
}

TEST_F(Overlap, GoesOnBitForBitFromEveryCheckpoint) {
  execute(folder_ / "whole", kSideBySide);
  const auto want = lasting_contents(folder_ / "whole");
  const auto checkpoints = list_checkpoints(folder_ / "whole" / "checkpoints");
  for (size_t kept = 0; kept < checkpoints.size(); ++kept) {
    SCOPED_TRACE(kept);
    const auto run = folder_ / "again";
    fs::remove_all(run);
    fs::copy(folder_ / "whole", run, fs::copy_options::recursive);
    fs::remove_all(run / "checkpoints");
    fs::create_directories(run / "checkpoints");
    fs::copy(checkpoints[kept], run / "checkpoints" / checkpoints[kept].filename());
    execute(run, replaced(kSideBySide, "checkpoint_every_s: 0", "checkpoint_every_s: 1000"));
    EXPECT_EQ(difference(want, lasting_contents(run)), "");
    if (HasFailure()) break;
  }
}

// Steps that were made before the stop count.
TEST_F(Overlap, GoesOnToTheSameNumberOfSteps) {
  execute(folder_ / "counted", kSideBySide);
  const EpisodeStore counted(folder_ / "counted" / "episodes");
  int64_t three = 0;
  for (int64_t i = 0; i < 3; ++i) three += counted.load(kFirst + i).length();
  const auto by_steps = replaced(kSideBySide, "episodes: 4, updates_per_episode: 3",
                                 concat("steps: ", three, ", updates_per_episode: 3"));
  execute(folder_ / "whole", by_steps);
  EXPECT_EQ(EpisodeStore(folder_ / "whole" / "episodes").highest(), kFirst + 2);
  expect_goes_on_bit_for_bit(checkpoints_of_whole(),
                             replaced(by_steps, "checkpoint_every_s: 0", "checkpoint_every_s: 1000"));
}

// What fails meanwhile is told when the learner is done with its updates, which are not lost either.
TEST_F(Overlap, AFailureKeepsWhatWasRecordedAndWhatWasLearned) {
  execute(folder_ / "counted", kSideBySide);
  const EpisodeStore counted(folder_ / "counted" / "episodes");
  int64_t steps_before = 0;
  for (int64_t i = 0; i < kFirst + 2; ++i) steps_before += counted.load(i).length();

  const auto world = std::make_shared<World>();
  world->fail_at_step = steps_before + 2;  // in the third episode on line, while the second is learned from
  const std::string seldom = replaced(kSideBySide, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  expect_throws<EnvironmentError>([&] { execute(folder_ / "run", seldom, world); }, "the wheel came off");
  const EpisodeStore store(folder_ / "run" / "episodes");
  EXPECT_EQ(store.load(kFirst + 2).length(), 1);
  EXPECT_EQ(store.load(kFirst + 2).end, EndReason::kCommsLoss);
  const auto manifest = read_manifest(list_checkpoints(folder_ / "run" / "checkpoints").back());
  EXPECT_EQ(manifest.at("extra").at("step"), 2);
  EXPECT_EQ(manifest.at("extra").at("episodes"), kFirst + 3);

  execute(folder_ / "run", seldom);
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  EXPECT_EQ(metrics.find("online", "length")->value.size(), 4U);
}

TEST_F(Overlap, AResetThatFailsPausesTheRun) {
  const auto world = std::make_shared<World>();
  world->fail_at_reset = kFirst + 3;
  const std::string seldom = replaced(kSideBySide, "checkpoint_every_s: 0", "checkpoint_every_s: 1000");
  expect_throws<EnvironmentError>([&] { execute(folder_ / "run", seldom, world); }, "the cart is stuck");
  const auto manifest = read_manifest(list_checkpoints(folder_ / "run" / "checkpoints").back());
  EXPECT_EQ(manifest.at("extra").at("step"), 2) << "what was learned meanwhile";
  execute(folder_ / "run", seldom);
  const auto metrics = read_metrics(folder_ / "run" / "metrics.csv");
  EXPECT_EQ(metrics.find("online", "length")->value.size(), 4U);
}

}  // namespace
}  // namespace onramp
