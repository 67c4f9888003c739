// The task is honest: the expert solves it, a mediocre one does not always, chance never does.
#include <gtest/gtest.h>

#include <functional>

#include "attempts.h"
#include "onramp/envs/mujoco/lift.h"
#include "onramp/policies/lift_expert.h"
#include "onramp/policies/random_policy.h"

namespace onramp {
namespace {

int lifted(Environment& environment, Policy& policy, int attempts, const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(environment, policy, "lift honesty", attempts, see);
}

std::unique_ptr<Policy> lift_expert(const Environment& environment, double noise) {
  return make_lift_expert({.noise = noise}, environment.spec().observation, environment.spec().action);
}

TEST(LiftHonesty, TheExpertSucceeds) {
  const auto environment = mujoco::make_lift({});
  const int successes = lifted(*environment, *lift_expert(*environment, 0.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 98);
}

TEST(LiftHonesty, TheDefaultDemonstratorIsMediocre) {
  const auto environment = mujoco::make_lift({});
  const int successes = lifted(*environment, *lift_expert(*environment, 1.0), 200);
  RecordProperty("successes_of_200", successes);
  EXPECT_GE(successes, 145);  // 165: its clone comes out at about half
  EXPECT_LE(successes, 185);
}

TEST(LiftHonesty, ChanceFails) {
  const auto environment = mujoco::make_lift({});
  RandomPolicy random(environment->spec().action);
  EXPECT_EQ(lifted(*environment, random, 200), 0);
}

// The fingers open to 8 cm around a cube of 4.2 cm that lies within 3 cm of the middle: robosuite's task forgives much. Who does
// not see the cube succeeds where it happens to lie between the fingers, and no more often.
TEST(LiftHonesty, WhoDoesNotKnowWhereTheCubeLiesFailsWhereItLiesAside) {
  const auto environment = mujoco::make_lift({});
  const auto blind = [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    told[8] = told[9] = told[11] = 0.0;
    observation.set("privileged", told);
  };
  const int successes = lifted(*environment, *lift_expert(*environment, 0.0), 100, blind);
  RecordProperty("successes_of_100", successes);
  EXPECT_LE(successes, 45);  // 33
  const auto wide = mujoco::make_lift({.cube_spread_m = 0.1});
  EXPECT_LE(lifted(*wide, *lift_expert(*wide, 0.0), 60, blind), 12);
  EXPECT_GE(lifted(*wide, *lift_expert(*wide, 0.0), 60), 57);
}

}  // namespace
}  // namespace onramp
