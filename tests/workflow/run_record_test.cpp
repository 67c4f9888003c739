#include "onramp/workflow/run_record.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onramp/base/atomic_file.h"
#include "onramp/base/log.h"
#include "onramp/core/checkpoint.h"
#include "onramp/data/store/episode_store.h"
#include "support/temporary_folder.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

// 4 demonstrations, 5 updates off line; then 4 attempts, as many updates after each as it had steps, times 2.
TEST(RunRecord, CountsUpdatesThatFollowTheStepsOfAttempts) {
  const test::TemporaryFolder folder;
  set_log_level(LogLevel::kWarning);
  const auto text = test::replaced(test::kTinyRun, "updates_per_episode: 3", "updates_per_step: 2");
  onramp::Run(test::read_run(text, test::point_catalog()), folder / "run").execute();
  set_log_level(LogLevel::kInfo);
  const EpisodeStore store(folder / "run" / "episodes");
  int64_t steps = 0;
  for (int64_t i = 4; i < 8; ++i) steps += store.load(i).length();
  const auto record = read_run(folder / "run");
  EXPECT_NEAR(record.phase("online")->updates_per_unit, 2.0 * double(steps) / 4.0, 1e-9);
  EXPECT_NEAR(record.updates_at("online", 4), 5.0 + 2.0 * double(steps), 1e-9);
}

// As many steps as the first two of four attempts have: how many attempts that is, the metrics say.
TEST(RunRecord, CountsAttemptsOfARunThatGoesBySteps) {
  const test::TemporaryFolder folder;
  set_log_level(LogLevel::kWarning);
  const auto train = [&](const char* name, const std::string& text) {
    onramp::Run(test::read_run(text, test::point_catalog()), folder / name).execute();
    return read_run(folder / name);
  };
  const auto four = train("four", test::kTinyRun);
  EXPECT_EQ(four.phase("online")->planned, 4);
  const auto& lengths = four.metrics.find("online", "length")->value;
  const auto steps = std::to_string(std::lround(lengths[0] + lengths[1]));
  const auto two = train("two", test::replaced(test::kTinyRun, "episodes: 4, updates_per_episode: 3",
                                               "updates_per_episode: 3, steps: " + steps));
  set_log_level(LogLevel::kInfo);
  EXPECT_EQ(two.phase("online")->planned, 2);
  EXPECT_EQ(two.phase("online")->finished, 2);

  auto checkpoints = list_checkpoints(folder / "two" / "checkpoints");
  while (read_manifest(checkpoints.back()).at("extra").at("phase_name") != "online") {
    std::filesystem::remove_all(checkpoints.back());
    checkpoints.pop_back();
  }
  EXPECT_EQ(read_run(folder / "two").phase("online")->planned, 0) << "nobody knows how many attempts it will be";
}

TEST(RunRecord, KnowsWhichLearnersWereTakenFromAnotherRun) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "config.yaml", std::string_view(R"(run: {seed: 1}
learners: {encoder: {type: hilbert}, agent: {type: simplified_q}}
phases:
  - {type: learn, name: encoder, learner: encoder, updates: 10, from: other/seed1}
  - {type: learn, name: offline, learner: agent, updates: 10, from: ""}
)"));
  const auto record = read_run(folder.path());
  EXPECT_TRUE(record.phase("encoder")->taken);
  EXPECT_FALSE(record.phase("offline")->taken);
}

}  // namespace
}  // namespace onramp
