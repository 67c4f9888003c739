// Each setting of `lift` and of its expert, at a second value, changes what happens.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "attempts.h"
#include "onramp/envs/mujoco/lift.h"
#include "onramp/policies/lift_expert.h"

namespace onramp {
namespace {

using mujoco::LiftConfig;

std::vector<double> lift_course(const LiftConfig& task, const LiftExpertConfig& config, int attempts = 1) {
  const auto environment = mujoco::make_lift(task);
  const auto expert = make_lift_expert(config, environment->spec().observation, environment->spec().action);
  return test::course_of(*environment, *expert, "lift settings", attempts);
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
  LiftConfig gentle;
  gentle.grasp_N = 2.0;
  EXPECT_NE(lift_course(gentle, {.noise = 0.0}), lift_course({}, {.noise = 0.0}));
}

TEST(LiftSettings, EachOfPicturesChangesWhatIsSeen) {
  const auto run = [](bool images, int64_t size) {
    LiftConfig config;
    config.images = images;
    config.image_size = size;
    config.max_steps = 3;
    return lift_course(config, {.noise = 0.0});
  };
  const auto base = run(true, 16);
  EXPECT_NE(run(false, 16), base);
  EXPECT_NE(run(true, 24), base);
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
