// Each setting of the task and of its expert, at a second value, changes what happens.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "attempts.h"
#include "onramp/envs/mujoco/vacuum_grasp.h"
#include "onramp/policies/vacuum_grasp_expert.h"

namespace onramp {
namespace {

using mujoco::VacuumGraspConfig;

std::vector<double> course(const VacuumGraspConfig& task, const VacuumGraspExpertConfig& config, int attempts = 1) {
  const auto environment = mujoco::make_vacuum_grasp(task);
  const auto expert = make_vacuum_grasp_expert(config, environment->spec().observation, environment->spec().action);
  return test::course_of(*environment, *expert, "settings", attempts);
}

TEST(VacuumGraspSettings, EachChangesTheAttempt) {
  const auto run = [](const std::function<void(VacuumGraspConfig&)>& change, bool images = false) {
    VacuumGraspConfig config{.images = images};
    change(config);
    return course(config, {.noise = 0.0});
  };
  const auto base = run([](auto&) {});
  EXPECT_EQ(run([](auto&) {}), base) << "the same settings, the same attempt";
  EXPECT_NE(run([](auto& c) { c.items = mujoco::ItemSet::kCan; }), base);
  EXPECT_NE(run([](auto& c) { c.item_scale = 1.25; }), base);
  EXPECT_NE(run([](auto& c) { c.max_steps = 20; }), base);
  EXPECT_NE(run([](auto& c) { c.linear_speed_m_s = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.angular_speed_rad_s = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.max_rotation_rad = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.max_force_N = 1.0; }), base);
  EXPECT_NE(run([](auto& c) { c.item_spread_m = {0.05, 0.05}; }), base);
  EXPECT_NE(run([](auto& c) { c.start_spread_m = 0.0; }), base);
  EXPECT_NE(run([](auto& c) { c.suction_N = 5.0; }), base);
  EXPECT_NE(run([](auto& c) { c.latency_s = 0.05; }), base);
  EXPECT_NE(run([](auto& c) { c.timestep_s = 0.002; }), base);
}

TEST(VacuumGraspSettings, EachOfPicturesChangesWhatIsSeen) {
  const auto run = [](const std::function<void(VacuumGraspConfig&)>& change) {
    VacuumGraspConfig config{.image_size = 16, .max_steps = 3};
    change(config);
    return course(config, {.noise = 0.0});
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.images = false; }), base);
  EXPECT_NE(run([](auto& c) { c.lighting = mujoco::Lighting::kUnseen; }), base);
  EXPECT_NE(run([](auto& c) { c.view = mujoco::View::kScene; }), base);
  EXPECT_NE(run([](auto& c) { c.image_size = 24; }), base);
}

TEST(VacuumGraspExpertSettings, EachChangesWhatItDoes) {
  const auto run = [](const std::function<void(VacuumGraspExpertConfig&)>& change) {
    VacuumGraspExpertConfig config;
    change(config);
    return course({.images = false}, config, /*attempts=*/16);
  };
  const auto base = run([](auto&) {});
  EXPECT_NE(run([](auto& c) { c.noise = 0.5; }), base);
  EXPECT_NE(run([](auto& c) { c.aim_error_m = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.action_noise = 0.3; }), base);
  EXPECT_NE(run([](auto& c) { c.slow = 0.9; }), base);
  EXPECT_NE(run([](auto& c) { c.give_up = 0.9; }), base);
  EXPECT_NE(run([](auto& c) { c.linear_speed_m_s = 0.1; }), base);
  EXPECT_NE(run([](auto& c) { c.angular_speed_rad_s = 0.1; }), base);
  // It tries again only after a miss.
  const auto missing = [&](double retry) {
    return run([&](auto& c) {
      c.aim_error_m = 0.1;
      c.give_up = 0.0;
      c.retry = retry;
    });
  };
  EXPECT_NE(missing(0.0), missing(1.0));
}

}  // namespace
}  // namespace onramp
