// What must not pass: numbers that are none, clocks that disagree, limits that do not limit, an arm that goes on by itself.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/expect_throws.h"
#include "support/fake_devices.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::FakeCell;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

at::Tensor forward() {
  auto a = at::zeros({7});
  a[0] = 1.0f;
  return a;
}

class ManipulationFaults : public testing::Test {
 protected:
  FakeCell cell_;
  const double dt_ = cell_.config.control_period_s;
  double x() { return cell_.arm.read().X_BaseTcp.translation().x(); }
  /// Expects that nothing moves any more.
  void expect_still() {
    const double before = x();
    cell_.clock.advance(1.0);
    EXPECT_NEAR(x(), before, 1e-12);
  }
};

TEST_F(ManipulationFaults, TheArmIsStoppedWhateverIsThrown) {
  auto environment = cell_.make();
  environment.reset(1);
  environment.step(forward());
  const int stops = cell_.arm.stops;
  cell_.arm.throw_at_s = cell_.clock.now() + 0.05;
  EXPECT_THROW(environment.step(forward()), EnvironmentError);
  cell_.arm.throw_at_s = test::kNever;
  EXPECT_GT(cell_.arm.stops, stops);
  expect_still();
}

TEST_F(ManipulationFaults, AnActionThatIsNoneStopsTheArmToo) {
  auto environment = cell_.make();
  environment.reset(1);
  environment.step(forward());
  auto bad = forward();
  bad[3] = static_cast<float>(kNaN);
  EXPECT_THROW(environment.step(bad), ActionError);
  expect_still();
  EXPECT_NO_THROW(environment.step(forward())) << "a right one may follow";
}

TEST_F(ManipulationFaults, TheArmIsStoppedWhenTheEnvironmentGoes) {
  {
    auto environment = cell_.make();
    environment.reset(1);
    environment.step(forward());
  }
  expect_still();
}

TEST_F(ManipulationFaults, ACommandRunsOutByItself) {
  auto environment = cell_.make();
  environment.reset(1);
  const double start = x();
  environment.step(forward());
  cell_.clock.advance(10.0);  // the policy hangs
  EXPECT_NEAR(x() - start, 1.5 * dt_ * 0.2, 1e-9) << "a period and a half at 0.2 m/s";
}

TEST_F(ManipulationFaults, NoDelayOfThePolicyLeadsOutOfTheWorkspace) {
  cell_.config.max_steps = 200;
  auto environment = cell_.make();
  environment.reset(1);
  const double face = 0.5 + cell_.config.limits.workspace_max_m[0];
  for (int i = 0; i < 100; ++i) {
    cell_.clock.advance(0.013 * (i % 11));  // up to 0.13 s late
    const auto step = environment.step(forward());
    ASSERT_FALSE(step.end) << i;
    ASSERT_LE(x(), face + 1e-9) << i;
  }
  cell_.clock.advance(1.0);
  EXPECT_LE(x(), face + 1e-9);
  EXPECT_NEAR(x(), face, 1e-3);
}

TEST_F(ManipulationFaults, AForceThatIsNoNumberEndsTheEpisode) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.force_N = {0, kNaN, 0};
  const auto step = environment.step(forward());
  EXPECT_EQ(step.end, EndReason::kCommsLoss);
  EXPECT_TRUE(step.obs.at("proprio").isfinite().all().item<bool>()) << "the last sound state stands";
}

TEST_F(ManipulationFaults, AStateFromTheFutureIsNoState) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.state_age_s = -0.5;  // the device's clock is ahead
  EXPECT_EQ(environment.step(forward()).end, EndReason::kCommsLoss);
}

TEST_F(ManipulationFaults, TheGrippersProtectiveStopEndsTheEpisodeToo) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.gripper.status = DeviceStatus::kProtectiveStop;
  EXPECT_EQ(environment.step(forward()).end, EndReason::kSafetyStop);
}

TEST_F(ManipulationFaults, TheGrippersStateMayNotBeTooOldEither) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.gripper.state_age_s = cell_.config.limits.max_state_age_s - 1e-6;
  EXPECT_FALSE(environment.step(forward()).end);
  cell_.gripper.state_age_s = cell_.config.limits.max_state_age_s + 1e-6;
  EXPECT_EQ(environment.step(forward()).end, EndReason::kCommsLoss);
}

TEST_F(ManipulationFaults, OneFrozenCameraOfTwoIsEnough) {
  test::FakeCamera second{cell_.clock, "scene"};
  ManipulationEnvironment environment(cell_.config,
                                      {cell_.clock, cell_.arm, cell_.gripper, {&cell_.camera, &second}, cell_.task});
  environment.reset(1);
  EXPECT_FALSE(environment.step(forward()).end);
  second.frozen_from_s = cell_.clock.now();
  Step step;
  int steps = 0;
  do step = environment.step(forward()), ++steps;
  while (!step.end && steps < 10);
  EXPECT_EQ(step.end, EndReason::kCommsLoss);
  EXPECT_LE(steps, 4);
}

TEST_F(ManipulationFaults, NothingIsEarnedWithoutNewsOfTheRobot) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.gripper.holds = true;
  auto hold = at::zeros({7});
  hold[6] = 1.0f;
  ASSERT_EQ(environment.step(hold).reward, 1.0) << "held, and high enough at the start";
  cell_.arm.link_lost_at_s = cell_.clock.now();
  const auto step = environment.step(hold);
  EXPECT_EQ(step.end, EndReason::kCommsLoss);
  EXPECT_EQ(step.reward, 0.0);
  EXPECT_FALSE(step.success);
}

TEST_F(ManipulationFaults, LimitsThatDoNotLimitAreRefused) {
  const auto refuse = [](const std::function<void(ManipulationConfig&)>& change, const char* what) {
    FakeCell cell;
    change(cell.config);
    expect_throws<ConfigError>([&] { cell.make(); }, what);
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double force : {0.0, -1.0, 150.1, kNaN, infinity}) {
    refuse([&](auto& c) { c.limits.max_force_N = force; }, "max_force_N");
  }
  for (const double speed : {0.0, kNaN, 1.1}) {
    refuse([&](auto& c) { c.limits.linear_speed_m_s = speed; }, "linear_speed_m_s");
  }
  refuse([](auto& c) { c.limits.angular_speed_rad_s = 0.0; }, "angular_speed_rad_s");
  refuse([](auto& c) { c.limits.max_rotation_rad[2] = kNaN; }, "max_rotation_rad");
  refuse([](auto& c) { c.control_period_s = 0.0; }, "control_period_s");
  refuse([&](auto& c) { c.limits.max_state_age_s = infinity; }, "max_state_age_s");
  refuse([](auto& c) { c.limits.max_image_age_s = 0.0; }, "max_image_age_s");
  refuse([](auto& c) { c.limits.workspace_min_m[2] = 1.0; }, "workspace");
  refuse([](auto& c) { c.limits.workspace_max_m[0] = kNaN; }, "workspace");
}

}  // namespace
}  // namespace onramp
