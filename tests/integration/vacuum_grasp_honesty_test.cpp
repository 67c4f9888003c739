// The task is honest: the expert solves it, a mediocre one does about every second time, chance does not.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/envs/mujoco/vacuum_grasp.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/vacuum_grasp_expert.h"

namespace onramp {
namespace {

/// Successes of `episodes` attempts.
int attempts(Environment& environment, Policy& policy, int episodes,
             const std::function<void(Observation&)>& see = {}) {
  int successes = 0;
  for (int i = 0; i < episodes; ++i) {
    const auto seed = derive_seed(0, "honesty", static_cast<uint64_t>(i));
    Observation observation = environment.reset(seed);
    RandomStream draws(seed, "act");
    const auto state = policy.begin(1);
    bool success = false;
    for (bool running = true; running;) {
      if (see) see(observation);
      Rng random = draws.next();
      Step step = environment.step(
          policy.act(observation.unsqueeze(), *state, ActMode::kSample, random).action[0].contiguous());
      success |= step.success;
      running = !step.end;
      observation = std::move(step.obs);
    }
    successes += success;
  }
  return successes;
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
    EXPECT_GE(attempts(*environment, *expert(*environment, 0.0), 60), 59) << static_cast<int>(items);
  }
}

TEST(VacuumGraspHonesty, TheDefaultDemonstratorIsMediocre) {
  const auto environment = task();
  const int successes = attempts(*environment, *expert(*environment, 1.0), 300);
  EXPECT_GE(successes, 150);  // 50 to 65 %
  EXPECT_LE(successes, 195);
}

TEST(VacuumGraspHonesty, ChanceFails) {
  const auto environment = task();
  RandomPolicy random(environment->spec().action);
  EXPECT_EQ(attempts(*environment, random, 200), 0);
}

TEST(VacuumGraspHonesty, WhoDoesNotKnowWhereTheItemLiesMostlyFails) {
  // The best that can be done without eyes: the perfect expert, told that the item lies in the middle.
  const auto environment = task();
  const int successes = attempts(*environment, *expert(*environment, 0.0), 200, [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    told[8] = told[9] = 0.0;
    observation.set("privileged", told);
  });
  EXPECT_LE(successes, 40);
}

}  // namespace
}  // namespace onramp
