#include "onramp/training/collector.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "support/counting_environment.h"
#include "support/expect_throws.h"
#include "training/training_testing.h"

namespace onramp {
namespace {

using test::CountingEnvironment;
using test::expect_throws;

RandomPolicy random_policy(int64_t dim) { return RandomPolicy(ActionSpec{.dim = dim}); }

TEST(CollectEpisode, RecordsWhatHappened) {
  CountingEnvironment environment(/*end_after=*/3, EndReason::kFailure, /*success_at=*/2);
  auto policy = random_policy(2);
  const auto collected = collect_episode(environment, policy, ActMode::kSample, 17, {{"phase", "test"}});
  EXPECT_EQ(collected.failure, nullptr);
  const Episode& episode = collected.episode;
  EXPECT_EQ(episode.length(), 3);
  EXPECT_EQ(episode.vectors.at("state"), (std::vector<float>{0, 1, 2, 3}));  // T + 1 observations
  EXPECT_EQ(episode.reward, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(episode.success, (std::vector<uint8_t>{0, 1, 0}));
  EXPECT_EQ(episode.end, EndReason::kFailure);
  EXPECT_EQ(episode.action.size(), 6u);
  EXPECT_EQ(episode.executed_action, episode.action);  // the environment says nothing of limits
  EXPECT_EQ(episode.meta.at("phase"), "test");
  EXPECT_EQ(episode.meta.at("seed"), "17");
  EXPECT_EQ(environment.seed(), 17u);
}

TEST(CollectEpisode, KeepsThePolicysColumnsAndHash) {
  test::PointEnvironment environment({.max_steps = 2, .reach = 1e-6}, std::make_shared<test::World>());
  test::PointExpert policy(/*skill=*/0.1);
  const auto episode = collect_episode(environment, policy, ActMode::kMode, 5, {}).episode;
  ASSERT_EQ(episode.length(), 2);
  EXPECT_EQ(episode.meta.at("policy_hash"), "expert");
  const auto& distance = episode.extra.at("distance").values;
  ASSERT_EQ(distance.size(), 2u);
  EXPECT_FLOAT_EQ(distance[0], episode.vectors.at("goal")[0]);    // it starts at 0
  EXPECT_FLOAT_EQ(episode.action[0], 0.1F * 2.0F * distance[0]);  // what the policy asked for
  EXPECT_NEAR(distance[1], 0.9 * distance[0], 1e-6);              // a tenth of the way is gone
}

TEST(CollectEpisode, KeepsTheTimingOfEachStep) {
  CountingEnvironment environment(3);
  auto policy = random_policy(2);
  const auto episode = collect_episode(environment, policy, ActMode::kMode, 0, {}).episode;
  EXPECT_EQ(episode.extra.at("late_us").values, (std::vector<float>{1, 2, 3}));
}

TEST(CollectEpisode, IsAFunctionOfItsSeed) {
  test::PointEnvironment environment({}, std::make_shared<test::World>());
  auto policy = random_policy(1);
  const auto collect = [&](uint64_t seed) {
    const auto episode = collect_episode(environment, policy, ActMode::kSample, seed, {}).episode;
    return std::pair{episode.action, episode.vectors};
  };
  const auto first = collect(1), other = collect(2), again = collect(1);
  EXPECT_EQ(first, again);  // nothing is left of the episode in between
  EXPECT_NE(first.first, other.first);
  EXPECT_NE(first.second.at("goal"), other.second.at("goal"));
}

TEST(CollectEpisode, KeepsWhatWasRecordedWhenTheEnvironmentFails) {
  CountingEnvironment environment(10);
  environment.throw_at = 4;
  auto policy = random_policy(2);
  const auto collected = collect_episode(environment, policy, ActMode::kSample, 0, {});
  EXPECT_EQ(collected.episode.length(), 3);
  EXPECT_EQ(collected.episode.end, EndReason::kCommsLoss);  // cut off: the value of the last state is bootstrapped
  EXPECT_FALSE(collected.episode.terminal());
  ASSERT_NE(collected.failure, nullptr);
  expect_throws<EnvironmentError>([&] { std::rethrow_exception(collected.failure); }, "the counter jammed");
}

TEST(CollectEpisode, TakesNoObservationThatTheSpecDoesNotPromise) {
  CountingEnvironment environment(10);
  environment.nan_at = 3;
  auto policy = random_policy(2);
  const auto collected = collect_episode(environment, policy, ActMode::kSample, 0, {});
  EXPECT_EQ(collected.episode.length(), 2);
  EXPECT_EQ(collected.episode.vectors.at("state"), (std::vector<float>{0, 1, 2})) << "the step before is whole";
  ASSERT_NE(collected.failure, nullptr);
  expect_throws<EnvironmentError>([&] { std::rethrow_exception(collected.failure); },
                                  "environment 'counting' gave what its spec() does not promise: observation 'state'");
}

TEST(CollectEpisode, HasNothingWhenTheFirstStepFails) {
  CountingEnvironment environment(10);
  environment.throw_at = 1;
  auto policy = random_policy(2);
  const auto collected = collect_episode(environment, policy, ActMode::kSample, 0, {});
  EXPECT_EQ(collected.episode.length(), 0);
  EXPECT_NE(collected.failure, nullptr);
}

TEST(CollectEpisode, RefusesAnActionThatNoEnvironmentMayGet) {
  class Wild final : public Policy {
   public:
    std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
    Action act(const Observation&, PolicyState&, ActMode, Rng&) override { return {at::full({1, 2}, 1.5), {}}; }
    const ActionSpec& action_spec() const override { return spec_; }

   private:
    ActionSpec spec_{.dim = 2};
  } policy;
  CountingEnvironment environment(10);
  const auto collected = collect_episode(environment, policy, ActMode::kSample, 0, {});
  ASSERT_NE(collected.failure, nullptr);
  expect_throws<ActionError>([&] { std::rethrow_exception(collected.failure); }, "1.5");
}

}  // namespace
}  // namespace onramp
