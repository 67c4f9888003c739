// What comes over the bridge means what the environment said: spaces, actions, rewards, ends, seeds.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "gym_testing.h"
#include "onramp/base/error.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp::test {
namespace {

at::Tensor towards(float value, int64_t dim = 2) { return at::full({dim}, value); }

/// The last step of an episode under one action.
Step last_step(Environment& environment, float action, int64_t most = 100) {
  environment.reset(1);
  Step step;
  for (int64_t i = 0; i < most && !step.end; ++i) step = environment.step(towards(action));
  return step;
}

TEST(GymSpec, IsThatOfTheSpaces) {
  const auto environment = gym::make_gym_environment(tiny("Pictures", "{size: 6, length: 30}"));
  const EnvSpec& spec = environment->spec();
  EXPECT_EQ(spec.name, "Pictures");
  EXPECT_EQ(spec.action.dim, 2);
  EXPECT_DOUBLE_EQ(spec.control_period_s, 0.05);
  EXPECT_EQ(spec.max_steps, 0);  // nobody says it: the environment's own clock is not known
  ASSERT_EQ(spec.observation.entries.size(), 2U);
  const auto* state = spec.observation.find("state");
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->shape, (std::vector<int64_t>{2 + 2 + 4}));  // place, task/goal, task/matrix
  const auto* eye = spec.observation.find("eye");
  ASSERT_NE(eye, nullptr);
  EXPECT_EQ(eye->shape, (std::vector<int64_t>{6, 6, 3}));
  EXPECT_TRUE(eye->is_image());
}

TEST(GymSpec, BoundsLeaveRoomForTheRoundingToFloat32AndForNoMore) {
  auto config = tiny("Pictures");
  config.state_keys = {"task/goal"};
  const auto environment = gym::make_gym_environment(config);
  const auto& state = *environment->spec().observation.find("state");
  EXPECT_LT(state.low, -2.0);
  EXPECT_NEAR(state.low, -2.0, 1e-6);
  EXPECT_GT(state.high, 3.0);
  EXPECT_NEAR(state.high, 3.0, 1e-6);
}

TEST(GymObservation, HoldsTheChosenKeysInTheirOrder) {
  auto config = tiny("Pictures");
  config.state_keys = {"task/matrix", "task/goal"};
  const auto environment = gym::make_gym_environment(config);
  environment->reset(1);
  const Step step = environment->step(towards(0));
  EXPECT_EQ(copy_to_vector<float>(step.obs.at("state")), (std::vector<float>{1, 2, 3, 1, 0.5, -1.5}));
  // Each pixel of tiny.py is (steps, steps + 1, steps + 2).
  EXPECT_EQ(copy_to_vector<uint8_t>(step.obs.at("eye")[3][2]), (std::vector<uint8_t>{1, 2, 3}));
}

TEST(GymObservation, UnknownKeysAreRefusedWithTheNearestOne) {
  auto config = tiny("Pictures");
  config.state_keys = {"task/matrx"};
  expect_throws<ConfigError>(
      [&] { gym::make_gym_environment(config); },
      "env.state_keys: observation_space has no vector 'task/matrx'; did you mean 'task/matrix'?");
  config.state_keys = {};
  config.image_keys = {"place"};
  expect_throws<ConfigError>([&] { gym::make_gym_environment(config); }, "has no picture 'place'");
}

TEST(GymAction, IsMappedOntoTheBoundsOfTheSpace) {
  // From -1 to 3; a step moves by a tenth of the action, plus noise of 0.001.
  const auto environment = gym::make_gym_environment(tiny("Point", "{low: -1, high: 3}"));
  for (const auto& [asked, taken] : {std::pair{-1.0f, -1.0}, {0.0f, 1.0}, {1.0f, 3.0}}) {
    const double before = environment->reset(5).at("state")[0].item<double>();
    const double after = environment->step(towards(asked)).obs.at("state")[0].item<double>();
    EXPECT_NEAR(after - before, 0.1 * taken, 0.006) << asked;
  }
}

TEST(GymAction, SpacesThatCannotBeMappedAreRefused) {
  expect_throws<EnvironmentError>(
      [] { gym::make_gym_environment(tiny("TakesChoices")); },
      "environment 'TakesChoices': action_space is Discrete; want a Box of float32 or float64");
  expect_throws<EnvironmentError>([] { gym::make_gym_environment(tiny("Point", "{dim: 0}")); },
                                  "action_space is Box float32 [0]; want");
  expect_throws<EnvironmentError>([] { gym::make_gym_environment(tiny("no_bounds")); },
                                  "action_space has no finite low < high for action 0");
}

TEST(GymEnd, TruncatedIsATimeLimitAndTerminatedIsNot) {
  EXPECT_EQ(last_step(*gym::make_gym_environment(tiny("Point", "{length: 4}")), 0).end, EndReason::kTimeLimit);
  EXPECT_EQ(last_step(*gym::make_gym_environment(tiny("Point", "{terminates_at: 4}")), 0).end, EndReason::kFailure);
  EXPECT_EQ(last_step(*gym::make_gym_environment(tiny("Point", "{terminates_at: 4, length: 4}")), 0).end,
            EndReason::kFailure);
  // At 0.1 a step it is beyond 1 after 11 at the latest, and success alone ends nothing.
  const Step there = last_step(*gym::make_gym_environment(tiny("Point", "{terminates_at: 15}")), 1);
  EXPECT_EQ(there.end, EndReason::kSuccess);
  const Step held = last_step(*gym::make_gym_environment(tiny("Point", "{length: 15}")), 1);
  EXPECT_EQ(held.end, EndReason::kTimeLimit);
  EXPECT_TRUE(held.success);
}

TEST(GymEnd, AHorizonThatIsCalledTerminatedIsATimeLimit) {
  // The environment says its horizon itself.
  EXPECT_EQ(last_step(*gym::make_gym_environment(tiny("Point", "{terminates_at: 5, horizon: 5}")), 0).end,
            EndReason::kTimeLimit);
  // The config does.
  auto config = tiny("Point", "{terminates_at: 5}");
  config.horizon = 5;
  EXPECT_EQ(last_step(*gym::make_gym_environment(config), 0).end, EndReason::kTimeLimit);
  // What ends before the horizon ends by itself; and 0 says that there is none.
  EXPECT_EQ(last_step(*gym::make_gym_environment(tiny("Point", "{terminates_at: 4, horizon: 5}")), 0).end,
            EndReason::kFailure);
  config = tiny("Point", "{terminates_at: 5, horizon: 5}");
  config.horizon = 0;
  EXPECT_EQ(last_step(*gym::make_gym_environment(config), 0).end, EndReason::kFailure);
}

TEST(GymEnd, AtTheFirstSuccessWhenAskedFor) {
  auto config = tiny("Point", "{length: 15}");
  config.ends_at_success = true;
  config.reward = gym::GymReward::kSuccessMinusOne;
  const auto environment = gym::make_gym_environment(config);
  EXPECT_EQ(environment->spec().sparse_reward, (SparseReward{.failure = -1.0, .success = 0.0}));
  environment->reset(1);
  for (int64_t i = 1; i < 15; ++i) {
    const Step step = environment->step(towards(1));
    EXPECT_EQ(step.reward, step.success ? 0.0 : -1.0);
    EXPECT_EQ(step.end.has_value(), step.success);
    if (!step.end) continue;
    EXPECT_EQ(step.end, EndReason::kSuccess);
    EXPECT_GE(i, 9);  // from 0.1 at most, by 0.1 a step
    return;
  }
  FAIL() << "no success in 15 steps of 0.1";
}

TEST(GymEnd, MaxStepsIsATimeLimitOfOurs) {
  auto config = tiny("Point");
  config.max_steps = 6;
  const auto environment = gym::make_gym_environment(config);
  EXPECT_EQ(environment->spec().max_steps, 6);
  const Step step = last_step(*environment, 0);
  EXPECT_EQ(step.end, EndReason::kTimeLimit);
  EXPECT_EQ(step.obs.at("state")[2].item<float>(), 6);
}

TEST(GymReward, IsTheEnvironmentsOwnOrMadeOfSuccess) {
  auto config = tiny();
  const auto own = gym::make_gym_environment(config);
  own->reset(1);
  const Step step = own->step(towards(0.5));
  EXPECT_NEAR(step.reward, -std::abs(1 - step.obs.at("state")[0].item<double>()), 1e-6);
  config.reward = gym::GymReward::kSuccess;
  const auto sparse = gym::make_gym_environment(config);
  sparse->reset(1);
  EXPECT_EQ(sparse->step(towards(0.5)).reward, 0.0);
  EXPECT_EQ(own->spec().sparse_reward, std::nullopt);
  EXPECT_EQ(sparse->spec().sparse_reward, std::nullopt) << "whether success ends it is the environment's business";
  config.ends_at_success = true;
  EXPECT_EQ(gym::make_gym_environment(config)->spec().sparse_reward, SparseReward{});
}

TEST(GymSeed, GoesToTheEnvironment) {
  const auto environment = gym::make_gym_environment(tiny());
  const auto first = environment->reset(7).at("state").clone();
  EXPECT_TRUE(at::equal(environment->reset(7).at("state"), first));
  EXPECT_FALSE(at::equal(environment->reset(8).at("state"), first));
  EXPECT_NO_THROW(environment->reset(0xfedcba9876543210));  // more than some generators take
}

TEST(GymSeed, ThatIsNotFollowedIsWarnedOfOnce) {
  const auto said_in_resets = [](const std::string& kwargs) {
    const auto environment = gym::make_gym_environment(tiny("Point", kwargs));
    testing::internal::CaptureStderr();
    environment->reset(7);
    environment->reset(7);
    return testing::internal::GetCapturedStderr();
  };
  const auto said = said_in_resets("{follows_seed: false}");
  const auto at = said.find("environment 'Point': two resets with one seed differ in 'state'");
  ASSERT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find("differ", at + 60), std::string::npos) << said;
  EXPECT_EQ(said_in_resets("{follows_seed: true}"), "");
}

TEST(GymSuccess, AKeyThatIsNeverSetIsRefusedAfterAnEpisode) {
  auto config = tiny("Point", "{length: 4}");
  config.success_key = "sucess";
  const auto misspelt = gym::make_gym_environment(config);
  expect_throws<ConfigError>(
      [&] { last_step(*misspelt, 0); },
      "env.success_key: a whole episode of 'Point' never set 'sucess' in info; did you mean 'success'? (has: success)");
  config = tiny("Point", "{length: 4, says_success: false}");
  expect_throws<ConfigError>([&] { last_step(*gym::make_gym_environment(config), 0); }, "(has: nothing)");
  config.success_key = "";
  EXPECT_EQ(last_step(*gym::make_gym_environment(config), 0).end, EndReason::kTimeLimit);
}

TEST(GymSettings, ThatContradictEachOtherAreRefused) {
  const auto read = [](const std::string& text) {
    return read_config<gym::GymConfig>(parse_config_text("id: Point\n" + text, "test"));
  };
  expect_throws<ConfigError>([&] { read("success_key: ''\nends_at_success: true"); },
                             "ends_at_success and a reward made of success need one");
  expect_throws<ConfigError>([&] { read("success_key: ''\nreward: success"); },
                             "ends_at_success and a reward made of success need one");
  expect_throws<ConfigError>([&] { read("kwargs: 3"); }, "kwargs: want keys and values");
  EXPECT_EQ(read("kwargs: {a: 1}").kwargs.at("a").text(), "1");
}

}  // namespace
}  // namespace onramp::test
