// Each setting of `lift` and of its expert, at a second value, changes what happens.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/lift.h"
#include "onramp/policies/lift_expert.h"

namespace onramp {
namespace {

using mujoco::LiftConfig;

/// Everything that attempts of the expert show, pictures as the sum of their bytes.
std::vector<double> lift_course(const LiftConfig& task, const LiftExpertConfig& config, int attempts = 1) {
  const auto environment = mujoco::make_lift(task);
  const auto expert = make_lift_expert(config, environment->spec().observation, environment->spec().action);
  std::vector<double> values;
  const auto look = [&](const Observation& observation) {
    for (const auto& [name, value] : observation) {
      if (value.scalar_type() == at::kByte) {
        values.push_back(value.sum().item<double>());
      } else {
        const auto flat = value.contiguous();
        values.insert(values.end(), flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel());
      }
    }
  };
  for (int i = 0; i < attempts; ++i) {
    const auto seed = derive_seed(3, "lift settings", static_cast<uint64_t>(i));
    Observation observation = environment->reset(seed);
    look(observation);
    RandomStream draws(seed, "act");
    const auto state = expert->begin(1);
    for (bool running = true; running;) {
      Rng random = draws.next();
      Step step = environment->step(
          expert->act(observation.unsqueeze(), *state, ActMode::kSample, random).action[0].contiguous());
      running = !step.end;
      observation = std::move(step.obs);
      look(observation);
      values.push_back(step.reward);
    }
  }
  return values;
}

TEST(LiftSettings, EachChangesTheAttempt) {
  // Noise turns the hand about all axes, up to its limits.
  const auto run = [](const std::function<void(LiftConfig&)>& change) {
    LiftConfig config;
    change(config);
    return lift_course(config, {.aim_error_m = 0, .turn_error_rad = 1.5, .action_noise = 1.0}, /*attempts=*/2);
  };
  const auto base = run([](auto&) {});
  EXPECT_EQ(run([](auto&) {}), base) << "the same settings, the same attempt";
  EXPECT_NE(run([](auto& c) { c.max_steps = 20; }), base);
  EXPECT_NE(run([](auto& c) { c.delta_m = 0.01; }), base);
  EXPECT_NE(run([](auto& c) { c.delta_rad = 0.02; }), base);
  EXPECT_NE(run([](auto& c) { c.max_tilt_rad = 0.02; }), base);
  EXPECT_NE(run([](auto& c) { c.max_yaw_rad = 0.2; }), base);
  EXPECT_NE(run([](auto& c) { c.max_force_N = 1.0; }), base);
  EXPECT_NE(run([](auto& c) { c.cube_spread_m = 0.0; }), base);
  EXPECT_NE(run([](auto& c) { c.cube_rotation_rad = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.start_spread_m = 0.0; }), base);
  EXPECT_NE(run([](auto& c) { c.stiffness_N_m = 500; }), base);
  EXPECT_NE(run([](auto& c) { c.damping_ratio = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.stiffness_Nm_rad = 50; }), base);
  EXPECT_NE(run([](auto& c) { c.rotation_damping_ratio = 1.0; }), base);
  EXPECT_NE(run([](auto& c) { c.latency_s = 0.05; }), base);
  EXPECT_NE(run([](auto& c) { c.timestep_s = 0.001; }), base);
}

TEST(LiftSettings, TheForceOfTheFingersChangesAGrasp) {
  EXPECT_NE(lift_course({.grasp_N = 2.0}, {.noise = 0.0}), lift_course({}, {.noise = 0.0}));
}

TEST(LiftSettings, EachOfPicturesChangesWhatIsSeen) {
  const auto run = [](const LiftConfig& config) { return lift_course(config, {.noise = 0.0}); };
  const auto base = run({.images = true, .image_size = 16, .max_steps = 3});
  EXPECT_NE(run({.images = false, .image_size = 16, .max_steps = 3}), base);
  EXPECT_NE(run({.images = true, .image_size = 24, .max_steps = 3}), base);
}

TEST(LiftExpertSettings, EachChangesWhatItDoes) {
  const auto run = [](const std::function<void(LiftExpertConfig&)>& change) {
    LiftExpertConfig config;
    change(config);
    return lift_course({}, config, /*attempts=*/4);
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.noise = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.aim_error_m = 0.03; }), base);
  EXPECT_NE(run([](auto& c) { c.turn_error_rad = 0.6; }), base);
  EXPECT_NE(run([](auto& c) { c.action_noise = 0.3; }), base);
  EXPECT_NE(run([](auto& c) { c.slow = 0.9; }), base);
  EXPECT_NE(run([](auto& c) { c.delta_m = 0.01; }), base);
  EXPECT_NE(run([](auto& c) { c.delta_rad = 0.02; }), base);
  // It tries again only after a miss.
  const auto missing = [&](double retry) {
    return run([&](auto& c) {
      c.aim_error_m = 0.06;
      c.retry = retry;
    });
  };
  EXPECT_NE(missing(0.0), missing(1.0));
}

}  // namespace
}  // namespace onramp
