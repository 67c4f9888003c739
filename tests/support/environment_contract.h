// What every environment must do, whatever it is. A new environment adds one line to a list and no test code:
//   INSTANTIATE_TEST_SUITE_P(Mine, EnvironmentContract, testing::ValuesIn(cases), name_of_case);
#pragma once

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/environment.h"

namespace onramp::test {

struct EnvironmentCase {
  std::string name;
  std::function<std::unique_ptr<Environment>()> make;
};
inline std::string name_of_case(const testing::TestParamInfo<EnvironmentCase>& info) { return info.param.name; }
inline void PrintTo(const EnvironmentCase& c, std::ostream* out) { *out << c.name; }

class EnvironmentContract : public testing::TestWithParam<EnvironmentCase> {
 protected:
  std::unique_ptr<Environment> environment_ = GetParam().make();

  at::Tensor random_action(Rng& random) const {
    std::vector<float> values;
    for (int64_t i = 0; i < environment_->spec().action.dim; ++i)
      values.push_back(static_cast<float>(random.uniform(-1, 1)));
    return copy_to_tensor(values);
  }

  struct Rollout {
    std::vector<Observation> observations;
    std::vector<double> rewards;
    std::vector<bool> successes;
    std::optional<EndReason> end;
  };
  /// Random actions until the end, at most `most` steps.
  Rollout roll_out(uint64_t seed, uint64_t action_seed, int64_t most = 200) {
    Rollout rollout;
    rollout.observations.push_back(environment_->reset(seed));
    RandomStream stream(action_seed, "actions");
    Rng random = stream.next();
    for (int64_t i = 0; i < most && !rollout.end; ++i) {
      Step step = environment_->step(random_action(random));
      rollout.observations.push_back(step.obs);
      rollout.rewards.push_back(step.reward);
      rollout.successes.push_back(step.success);
      rollout.end = step.end;
    }
    return rollout;
  }

  static void expect_equal(const Rollout& a, const Rollout& b) {
    EXPECT_EQ(a.rewards, b.rewards);
    EXPECT_EQ(a.successes, b.successes);
    EXPECT_EQ(a.end, b.end);
    ASSERT_EQ(a.observations.size(), b.observations.size());
    for (size_t t = 0; t < a.observations.size(); ++t) {
      for (const auto& [name, value] : a.observations[t]) {
        ASSERT_TRUE(at::equal(value, b.observations[t].at(name))) << name << " differs at step " << t;
      }
    }
  }
};

TEST_P(EnvironmentContract, ItsSpecIsWhole) {
  const EnvSpec& spec = environment_->spec();
  EXPECT_FALSE(spec.name.empty());
  EXPECT_GT(spec.action.dim, 0);
  EXPECT_GT(spec.control_period_s, 0);
  EXPECT_FALSE(spec.observation.entries.empty());
  for (const auto& entry : spec.observation.entries) {
    EXPECT_FALSE(entry.shape.empty()) << entry.name;
    EXPECT_LT(entry.low, entry.high) << entry.name;
    if (!entry.fields.empty()) {
      EXPECT_EQ(static_cast<int64_t>(entry.fields.size()), entry.numel()) << entry.name;
    }
  }
}

TEST_P(EnvironmentContract, ObservationsAreInTheirSpec) {
  for (const auto& observation : roll_out(1, 2).observations)
    check_observation(observation, environment_->spec().observation);
}

TEST_P(EnvironmentContract, RewardsAreFiniteAndTheTimeLimitHolds) {
  const int64_t limit = environment_->spec().max_steps;
  const auto rollout = roll_out(3, 4, limit > 0 ? limit : 200);
  for (const double reward : rollout.rewards) EXPECT_TRUE(std::isfinite(reward));
  if (limit > 0) {
    EXPECT_TRUE(rollout.end.has_value());
    EXPECT_LE(static_cast<int64_t>(rollout.rewards.size()), limit);
    if (rollout.end == EndReason::kTimeLimit) {
      EXPECT_EQ(static_cast<int64_t>(rollout.rewards.size()), limit);
    }
  }
}

TEST_P(EnvironmentContract, TheSameSeedAndActionsGiveTheSameEpisodeInANewEnvironment) {
  const auto first = roll_out(5, 6);
  environment_ = GetParam().make();
  expect_equal(first, roll_out(5, 6));
}

TEST_P(EnvironmentContract, AResetLeavesNothingOfTheEpisodeBefore) {
  const auto first = roll_out(7, 8);
  roll_out(9, 10);
  roll_out(11, 12, 3);  // and one that was broken off
  expect_equal(first, roll_out(7, 8));
}

TEST_P(EnvironmentContract, ObservationsAreNotChangedByLaterSteps) {
  const auto kept = environment_->reset(13);
  std::vector<at::Tensor> copies;
  for (const auto& [name, value] : kept) copies.push_back(value.clone());
  Rng random = RandomStream(14, "actions").next();
  for (int i = 0; i < 5; ++i) {
    if (environment_->step(random_action(random)).end) break;
  }
  size_t i = 0;
  for (const auto& [name, value] : kept) EXPECT_TRUE(at::equal(value, copies[i++])) << name;
}

TEST_P(EnvironmentContract, ExecutedActionsAreInTheirBounds) {
  environment_->reset(15);
  Rng random = RandomStream(16, "actions").next();
  for (int i = 0; i < 30; ++i) {
    const Step step = environment_->step(random_action(random));
    if (step.executed_action.defined()) {
      ASSERT_EQ(step.executed_action.numel(), environment_->spec().action.dim);
      EXPECT_LE(step.executed_action.abs().max().item<float>(), 1.0f + 1e-6f);
    }
    if (step.end) break;
  }
}

TEST_P(EnvironmentContract, SteppingBeforeAResetOrAfterTheEndIsAnError) {
  const auto action = at::zeros({environment_->spec().action.dim});
  EXPECT_ANY_THROW(environment_->step(action));
  if (roll_out(17, 18).end) {
    EXPECT_ANY_THROW(environment_->step(action));
  }
}

TEST_P(EnvironmentContract, BadActionsAreRefusedAndTheEpisodeGoesOn) {
  const int64_t dim = environment_->spec().action.dim;
  environment_->reset(19);
  auto bad = at::zeros({dim});
  bad[dim - 1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(environment_->step(bad), ActionError);
  bad[dim - 1] = 1.01f;
  EXPECT_THROW(environment_->step(bad), ActionError);
  EXPECT_THROW(environment_->step(at::zeros({dim + 1})), ActionError);
  EXPECT_THROW(environment_->step(at::zeros({1, dim})), ActionError);
  EXPECT_THROW(environment_->step(at::zeros({dim}, at::kDouble)), ActionError);
  EXPECT_THROW(environment_->step(at::Tensor()), ActionError);
  EXPECT_NO_THROW(environment_->step(at::zeros({dim})));
}

}  // namespace onramp::test
