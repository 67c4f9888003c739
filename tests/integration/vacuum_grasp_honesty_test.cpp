// The task is honest: the expert solves it, a mediocre one does about every second time, chance does not.
#include <gtest/gtest.h>

#include <functional>

#include "attempts.h"
#include "onramp/envs/mujoco/vacuum_grasp.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/vacuum_grasp_expert.h"

namespace onramp {
namespace {

int grasped(Environment& environment, Policy& policy, int attempts, const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(environment, policy, "honesty", attempts, see);
}

std::unique_ptr<Environment> task(mujoco::ItemSet items = mujoco::ItemSet::kTraining) {
  mujoco::VacuumGraspConfig config;
  config.images = false;
  config.items = items;
  return mujoco::make_vacuum_grasp(config);
}

std::unique_ptr<Policy> expert(const Environment& environment, double noise) {
  VacuumGraspExpertConfig config;
  config.noise = noise;
  return make_vacuum_grasp_expert(config, environment.spec().observation, environment.spec().action);
}

TEST(VacuumGraspHonesty, TheExpertSucceedsOnEveryKindOfItem) {
  for (const auto items : {mujoco::ItemSet::kTraining, mujoco::ItemSet::kBlue, mujoco::ItemSet::kCan,
                           mujoco::ItemSet::kThree, mujoco::ItemSet::kThreeMixed, mujoco::ItemSet::kRandom}) {
    const auto environment = task(items);
    EXPECT_GE(grasped(*environment, *expert(*environment, 0.0), 60), 59) << static_cast<int>(items);
  }
}

TEST(VacuumGraspHonesty, TheDefaultDemonstratorIsMediocre) {
  const auto environment = task();
  const int successes = grasped(*environment, *expert(*environment, 1.0), 300);
  EXPECT_GE(successes, 150);  // 50 to 65 %
  EXPECT_LE(successes, 195);
}

TEST(VacuumGraspHonesty, ChanceFails) {
  const auto environment = task();
  RandomPolicy random(environment->spec().action);
  EXPECT_EQ(grasped(*environment, random, 200), 0);
}

TEST(VacuumGraspHonesty, WhoDoesNotKnowWhereTheItemLiesMostlyFails) {
  // The best that can be done without eyes: the perfect expert, told that the item lies in the middle.
  const auto environment = task();
  const int successes = grasped(*environment, *expert(*environment, 0.0), 200, [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    told[8] = told[9] = 0.0;
    observation.set("privileged", told);
  });
  EXPECT_LE(successes, 40);
}

}  // namespace
}  // namespace onramp
