// Each setting of `can`, `square` and their experts, at a second value, changes what happens. Those of arm and hand that they share
// with `lift` are tried there; what is tried of them here is that they arrive.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "attempts.h"
#include "onramp/envs/mujoco/can.h"
#include "onramp/envs/mujoco/square.h"
#include "onramp/policies/can_expert.h"
#include "onramp/policies/square_expert.h"

namespace onramp {
namespace {

using mujoco::CanConfig;
using mujoco::SquareConfig;

template <class Task, class Expert>
struct Change {
  std::function<void(Task&)> task = [](Task&) {};
  std::function<void(Expert&)> expert = [](Expert&) {};
};
using CanChange = Change<CanConfig, CanExpertConfig>;
using SquareChange = Change<SquareConfig, SquareExpertConfig>;

std::vector<double> can_course(const CanChange& change, int attempts = 1) {
  CanConfig task;
  change.task(task);
  CanExpertConfig expert;
  change.expert(expert);
  const auto environment = mujoco::make_can(task);
  const auto policy = make_can_expert(expert, environment->spec().observation, environment->spec().action);
  return test::course_of(*environment, *policy, "can settings", attempts);
}

std::vector<double> square_course(const SquareChange& change, int attempts = 1) {
  SquareConfig task;
  change.task(task);
  SquareExpertConfig expert;
  change.expert(expert);
  const auto environment = mujoco::make_square(task);
  const auto policy = make_square_expert(expert, environment->spec().observation, environment->spec().action);
  return test::course_of(*environment, *policy, "square settings", attempts);
}

TEST(CanSettings, EachChangesTheAttempt) {
  const auto base = can_course({});
  EXPECT_EQ(can_course({}), base) << "the same settings, the same attempt";
  EXPECT_NE(can_course({.task = [](auto& c) { c.can_spread_m = {0.0, 0.13}; }}), base);
  EXPECT_NE(can_course({.task = [](auto& c) { c.can_spread_m = {0.14, 0.0}; }}), base);
  EXPECT_NE(can_course({.task = [](auto& c) { c.target_bin = 1; }}), base);
  EXPECT_NE(can_course({.task = [](auto& c) { c.max_steps = 20; }}), base);
  EXPECT_NE(can_course({.task = [](auto& c) { c.stiffness_N_m = 500; }}), base);
  EXPECT_NE(can_course({.task = [](auto& c) { c.start_spread_m = 0.0; }}), base);
}

TEST(CanExpertSettings, EachChangesWhatItDoes) {
  const auto base = can_course({}, 2);
  EXPECT_NE(can_course({.expert = [](auto& c) { c.noise = 0.5; }}, 2), base);
  EXPECT_NE(can_course({.expert = [](auto& c) { c.aim_error_m = 0.02; }}, 2), base);
  EXPECT_NE(can_course({.expert = [](auto& c) { c.place_error_m = 0.0; }}, 2), base);
}

TEST(SquareSettings, EachChangesTheAttempt) {
  const auto base = square_course({});
  EXPECT_EQ(square_course({}), base) << "the same settings, the same attempt";
  EXPECT_NE(square_course({.task = [](auto& c) { c.nut_spread_m = {0.0, 0.0575}; }}), base);
  EXPECT_NE(square_course({.task = [](auto& c) { c.nut_spread_m = {0.02, 0.0}; }}), base);
  EXPECT_NE(square_course({.task = [](auto& c) { c.nut_rotation_rad = 0.0; }}), base);
  EXPECT_NE(square_course({.task = [](auto& c) { c.max_steps = 20; }}), base);
  EXPECT_NE(square_course({.task = [](auto& c) { c.stiffness_N_m = 500; }}), base);
  EXPECT_NE(square_course({.task = [](auto& c) { c.start_spread_m = 0.0; }}), base);
}

TEST(SquareExpertSettings, EachChangesWhatItDoes) {
  const auto base = square_course({}, 2);
  EXPECT_NE(square_course({.expert = [](auto& c) { c.noise = 0.5; }}, 2), base);
  EXPECT_NE(square_course({.expert = [](auto& c) { c.turn_error_rad = 0.0; }}, 2), base);
  EXPECT_NE(square_course({.expert = [](auto& c) { c.place_error_m = 0.0; }}, 2), base);
  EXPECT_NE(square_course({.expert = [](auto& c) { c.place_turn_error_rad = 0.0; }}, 2), base);
}

}  // namespace
}  // namespace onramp
