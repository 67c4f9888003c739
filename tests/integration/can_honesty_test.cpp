// The task is honest: the expert solves it, a mediocre one does not always, chance never does.
#include <gtest/gtest.h>

#include "attempts.h"
#include "onramp/envs/mujoco/can.h"
#include "onramp/policies/can_expert.h"
#include "onramp/policies/random_policy.h"

namespace onramp {
namespace {

int cans_put_down(Policy& policy, int attempts, const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(*mujoco::make_can({}), policy, "can honesty", attempts, see);
}

std::unique_ptr<Policy> can_expert(double noise) {
  const auto environment = mujoco::make_can({});
  CanExpertConfig config;
  config.noise = noise;
  return make_can_expert(config, environment->spec().observation, environment->spec().action);
}

TEST(CanHonesty, TheExpertSucceeds) {
  const int successes = cans_put_down(*can_expert(0.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 97);
}

TEST(CanHonesty, TheDefaultDemonstratorIsMediocre) {
  const int successes = cans_put_down(*can_expert(1.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 68);  // 79
  EXPECT_LE(successes, 91);
}

TEST(CanHonesty, ChanceFails) {
  RandomPolicy random(mujoco::make_can({})->spec().action);
  EXPECT_EQ(cans_put_down(random, 100), 0);
}

TEST(CanHonesty, WhoDoesNotKnowWhereTheCanStandsFails) {
  const auto blind = [](Observation& observation) {  // the middle of its region, standing
    auto told = observation.at("privileged").clone();
    told[8] = 0.0;
    told[9] = -0.21;
    told[10] = 0.05;
    observation.set("privileged", told);
  };
  const int successes = cans_put_down(*can_expert(0.0), 100, blind);
  RecordProperty("successes_of_100", successes);
  EXPECT_LE(successes, 12);  // 7
}

}  // namespace
}  // namespace onramp
