// The task is honest: the expert solves it, a mediocre one does not always, chance never does, nor does who does not turn the pipe.
#include <gtest/gtest.h>

#include <functional>

#include "attempts.h"
#include "onramp/envs/mujoco/pipe_assembly.h"
#include "onramp/policies/pipe_assembly_expert.h"
#include "onramp/policies/random_policy.h"

namespace onramp {
namespace {

int assembled(Environment& environment, Policy& policy, int attempts,
              const std::function<void(Observation&)>& see = {}) {
  return test::successes_of(environment, policy, "pipe honesty", attempts, see);
}

std::unique_ptr<Policy> pipe_expert(const Environment& environment, double noise) {
  PipeAssemblyExpertConfig config;
  config.noise = noise;
  return make_pipe_assembly_expert(config, environment.spec().observation, environment.spec().action);
}

TEST(PipeAssemblyHonesty, TheExpertSucceeds) {
  const auto environment = mujoco::make_pipe_assembly({});
  const int successes = assembled(*environment, *pipe_expert(*environment, 0.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 97);
}

TEST(PipeAssemblyHonesty, TheDefaultDemonstratorIsMediocre) {
  const auto environment = mujoco::make_pipe_assembly({});
  const int successes = assembled(*environment, *pipe_expert(*environment, 1.0), 100);
  RecordProperty("successes_of_100", successes);
  EXPECT_GE(successes, 60);
  EXPECT_LE(successes, 92);
}

TEST(PipeAssemblyHonesty, ChanceFails) {
  const auto environment = mujoco::make_pipe_assembly({});
  RandomPolicy random(environment->spec().action);
  EXPECT_EQ(assembled(*environment, random, 60), 0);
}

// All lies where it always lies, as in the paper: what must be known is where, and that the pipe must be turned.
TEST(PipeAssemblyHonesty, WhoDoesNotTurnThePipeOrTakesItToBeWhereItUsuallyLiesFails) {
  const auto environment = mujoco::make_pipe_assembly({});
  const auto straight = [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    told[16] = 0.0;
    observation.set("privileged", told);
  };
  EXPECT_LE(assembled(*environment, *pipe_expert(*environment, 0.0), 20, straight), 0);
  mujoco::PipeAssemblyConfig wide;
  wide.pipe_spread_m = 0.05;
  const auto elsewhere = mujoco::make_pipe_assembly(wide);
  const auto usual = [](Observation& observation) {
    auto told = observation.at("privileged").clone();
    if (told[6].item<float>() > 0.06f) {  // on the way to it
      told[8] = -0.06;
      told[9] = -0.1;
    }
    observation.set("privileged", told);
  };
  EXPECT_LE(assembled(*elsewhere, *pipe_expert(*elsewhere, 0.0), 20, usual),
            15);  // 12: the hand opens to twice the pipe's width
  EXPECT_GE(assembled(*elsewhere, *pipe_expert(*elsewhere, 0.0), 20), 18);
}

}  // namespace
}  // namespace onramp
