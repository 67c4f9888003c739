// The task is honest: the expert solves it, a mediocre one does not always, chance almost never does, nor does who is misled.
#include <gtest/gtest.h>

#include <functional>

#include "attempts.h"
#include "onramp/envs/mujoco/peg_insertion.h"
#include "onramp/policies/peg_insertion_expert.h"
#include "onramp/policies/random_policy.h"

namespace onramp {
namespace {

int inserted(Environment& environment, Policy& policy, int attempts,
             const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(environment, policy, "peg honesty", attempts, see);
}

std::unique_ptr<Policy> peg_expert(const Environment& environment, double noise) {
  PegInsertionExpertConfig config;
  config.noise = noise;
  return make_peg_insertion_expert(config, environment.spec().observation, environment.spec().action);
}

TEST(PegInsertionHonesty, TheExpertSucceeds) {
  const auto environment = mujoco::make_peg_insertion({});
  const int successes = inserted(*environment, *peg_expert(*environment, 0.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 97);
}

TEST(PegInsertionHonesty, TheDefaultDemonstratorIsMediocre) {
  const auto environment = mujoco::make_peg_insertion({});
  const int successes = inserted(*environment, *peg_expert(*environment, 1.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 45);
  EXPECT_LE(successes, 80);
}

// The paper's workspace is 7 by 12 cm around the hole: now and then it is met.
TEST(PegInsertionHonesty, ChanceAlmostAlwaysFails) {
  const auto environment = mujoco::make_peg_insertion({});
  RandomPolicy random(environment->spec().action);
  const int successes = inserted(*environment, random, 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_LE(successes, 3);  // 1 of 100
}

// The board is fixed, as in the paper, and the hand's pose tells where the peg is: what must be known is where the hole is.
TEST(PegInsertionHonesty, WhoTakesTheHoleToBeFourMillimetresAsideFails) {
  const auto environment = mujoco::make_peg_insertion({});
  const auto elsewhere = [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    told[14] += 0.004;
    observation.set("privileged", told);
  };
  EXPECT_LE(inserted(*environment, *peg_expert(*environment, 0.0), 40, elsewhere), 4);
}

}  // namespace
}  // namespace onramp
