#include "onramp/envs/replay_actions.h"

#include <gtest/gtest.h>

#include "onramp/core/tensor_io.h"
#include "onramp/envs/record.h"
#include "support/counting_environment.h"
#include "support/expect_throws.h"

namespace onramp::test {
namespace {

/// The counting environment recorded for `steps` steps, action {0.5, -0.5}.
Episode recorded(int64_t steps) {
  CountingEnvironment environment(steps);
  EpisodeBuilder builder(environment.spec().observation, environment.spec().action);
  record_reset(builder, environment.spec(), environment.reset(1));
  const auto action = copy_to_tensor(std::span<const float>(std::vector<float>{0.5F, -0.5F}), {2});
  for (int64_t t = 0; t < steps; ++t) record_step(builder, environment.spec(), action, environment.step(action));
  return builder.finish(EndReason::kTimeLimit, false, {});
}

TEST(ReplayActions, SaysThatNothingDrifts) {
  CountingEnvironment environment(4);
  const auto episode = recorded(4);
  const auto drift = replay_actions(environment, episode, 77);
  EXPECT_EQ(environment.seed(), 77u);
  EXPECT_EQ(drift.steps, 4);
  EXPECT_EQ(drift.largest(), 0.0);
  EXPECT_FALSE(drift.first_difference());
  EXPECT_EQ(drift.entries.at(0).max, std::vector<double>(5, 0.0));
  EXPECT_EQ(drift.verdict(episode), "4 steps repeated bit for bit; ended by time_limit as recorded");
}

TEST(ReplayActions, MeasuresTheDriftOfEachStep) {
  CountingEnvironment environment(4);
  auto episode = recorded(4);
  episode.vectors["state"][2] = 2.25F;  // played back: 2
  episode.vectors["state"][4] = 1.0F;   // played back: 4
  const auto drift = replay_actions(environment, episode, 1);
  EXPECT_EQ(drift.entries[0].max, (std::vector<double>{0, 0, 0.25, 0, 3}));
  EXPECT_EQ(drift.first_difference(), 2);
  EXPECT_EQ(drift.verdict(episode),
            "drifts from observation 2 on: 'state' drifts by up to 3.0 (observation 4), 3.0 at the end; ended by "
            "time_limit as recorded");
}

TEST(ReplayActions, ComparesRewardsSuccessAndEnds) {
  auto episode = recorded(4);
  episode.reward[1] += 0.5F;
  CountingEnvironment shorter(3, EndReason::kFailure, /*success_at=*/3);
  const auto drift = replay_actions(shorter, episode, 1);
  EXPECT_EQ(drift.steps, 3);
  EXPECT_EQ(drift.reward, (std::vector<double>{0, 0.5, 0}));
  EXPECT_EQ(drift.success_differs, (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(drift.first_difference(), 2);
  EXPECT_NE(drift.verdict(episode).find("ended by failure after 3 steps, recorded: time_limit after 4"),
            std::string::npos)
      << drift.verdict(episode);
}

TEST(ReplayActions, NamesWhatCannotBeCompared) {
  CountingEnvironment environment(4);
  auto episode = recorded(4);
  episode.observation_spec.entries[0].name = "elsewhere";
  episode.vectors["elsewhere"] = episode.vectors["state"];
  EXPECT_EQ(replay_actions(environment, episode, 1).not_compared, std::vector<std::string>{"elsewhere"});
  episode.action_spec.dim = 4;
  expect_throws<DataError>([&] { replay_actions(environment, episode, 1); },
                           "the recorded actions have 4 values, counting takes 2");
}

}  // namespace
}  // namespace onramp::test
