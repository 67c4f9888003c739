// The task is honest: the expert solves it, a mediocre one does not always, chance never does.
#include <gtest/gtest.h>

#include "attempts.h"
#include "onramp/envs/mujoco/square.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/square_expert.h"

namespace onramp {
namespace {

int nuts_on_the_peg(Policy& policy, int attempts, const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(*mujoco::make_square({}), policy, "square honesty", attempts, see);
}

std::unique_ptr<Policy> square_expert(double noise) {
  const auto environment = mujoco::make_square({});
  SquareExpertConfig config;
  config.noise = noise;
  return make_square_expert(config, environment->spec().observation, environment->spec().action);
}

TEST(SquareHonesty, TheExpertSucceeds) {
  const int successes = nuts_on_the_peg(*square_expert(0.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 97);
}

TEST(SquareHonesty, TheDefaultDemonstratorIsMediocre) {
  const int successes = nuts_on_the_peg(*square_expert(1.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 66);  // 77
  EXPECT_LE(successes, 90);
}

TEST(SquareHonesty, ChanceFails) {
  RandomPolicy random(mujoco::make_square({})->spec().action);
  EXPECT_EQ(nuts_on_the_peg(random, 100), 0);
}

TEST(SquareHonesty, WhoDoesNotSeeWhereTheNutLiesAtFirstFails) {
  // Told of a nut that lies straight in the middle of its region until it holds one.
  const auto blind = [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    if (told[10].item<float>() > 0.03f) return;
    told[8] = -0.11;
    told[9] = -0.04;
    told[11] = 0.0;
    observation.set("privileged", told);
  };
  const int successes = nuts_on_the_peg(*square_expert(0.0), 100, blind);
  RecordProperty("successes_of_100", successes);
  EXPECT_LE(successes, 15);  // 7
}

}  // namespace
}  // namespace onramp
