// The safety limits, each to its edge, over devices that do exactly what they are told.
#include "onramp/envs/manipulation_environment.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/expect_throws.h"
#include "support/fake_devices.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::FakeCell;

at::Tensor action(std::initializer_list<float> values) {
  auto a = at::zeros({7});
  int64_t i = 0;
  for (const float value : values) a[i++] = value;
  return a;
}

class ManipulationEnvironmentTest : public testing::Test {
 protected:
  FakeCell cell_;
  const double dt_ = cell_.config.control_period_s;
  Eigen::Vector3d position() { return cell_.arm.read().X_BaseTcp.translation() - Eigen::Vector3d(0.5, 0.1, 0.2); }
};

TEST_F(ManipulationEnvironmentTest, ScalesActionsToVelocities) {
  auto environment = cell_.make();
  environment.reset(1);
  environment.step(action({0.5f, -1.0f, 0.25f, 1.0f, 0.0f, -0.5f, 1.0f}));
  EXPECT_TRUE(cell_.arm.last_command.linear_m_s.isApprox(Eigen::Vector3d(0.1, -0.2, 0.05), 1e-6));
  EXPECT_TRUE(cell_.arm.last_command.angular_rad_s.isApprox(Eigen::Vector3d(0.3, 0.0, -0.15), 1e-6));
  EXPECT_EQ(cell_.gripper.closing, 1.0);
  environment.step(action({0, 0, 0, 0, 0, 0, -0.01f}));
  EXPECT_EQ(cell_.gripper.closing, 0.0);
}

TEST_F(ManipulationEnvironmentTest, AGripperThatStaysClosedTakesNoPartInActions) {
  cell_.config.gripper_stays_closed = true;
  cell_.gripper.closing = 0.0;
  auto environment = cell_.make();
  EXPECT_EQ(environment.spec().action.dim, 6);
  EXPECT_EQ(environment.spec().action.fields.size(), 6U);
  environment.reset(1);
  EXPECT_EQ(cell_.gripper.closing, 1.0) << "what it holds is not let go between attempts";
  cell_.gripper.closing = 0.0;
  const auto step = environment.step(at::full({6}, -0.5f));
  EXPECT_EQ(cell_.gripper.closing, 1.0);
  EXPECT_TRUE(cell_.arm.last_command.angular_rad_s.isApprox(Eigen::Vector3d::Constant(-0.15), 1e-6));
  EXPECT_EQ(step.executed_action.sizes(), (at::IntArrayRef{6}));
  EXPECT_NEAR(step.executed_action[5].item<float>(), -0.5f, 1e-6f);
  expect_throws<ActionError>([&] { environment.step(at::zeros({7})); }, "6");
}

TEST_F(ManipulationEnvironmentTest, WhatRoundingAddsToAnActionAddsNoSpeed) {
  auto environment = cell_.make();
  environment.reset(1);
  const float above = std::nextafter(1.0f, 2.0f);  // within what an action may be off by
  const auto step = environment.step(action({above, -above, 0, 0, 0, above, 1}));
  EXPECT_EQ(step.executed_action.abs().max().item<float>(), 1.0f);
  EXPECT_LE(cell_.arm.last_command.linear_m_s.cwiseAbs().maxCoeff(), cell_.config.limits.linear_speed_m_s);
  EXPECT_LE(cell_.arm.last_command.angular_rad_s.cwiseAbs().maxCoeff(), cell_.config.limits.angular_speed_rad_s);
}

TEST_F(ManipulationEnvironmentTest, StepsKeepTheControlRate) {
  auto environment = cell_.make();
  environment.reset(1);
  const double start = cell_.clock.now();
  for (int i = 1; i <= 5; ++i) {
    environment.step(action({}));
    EXPECT_NEAR(cell_.clock.now(), start + i * dt_, 1e-12);
  }
}

TEST_F(ManipulationEnvironmentTest, TheToolStopsAtEachFaceOfTheWorkspace) {
  const auto& limits = cell_.config.limits;
  cell_.config.max_steps = 100;
  for (int axis = 0; axis < 3; ++axis) {
    for (const float sign : {-1.0f, 1.0f}) {
      auto environment = cell_.make();
      environment.reset(1);
      auto push = at::zeros({7});
      push[axis] = sign;
      Step last;
      for (int i = 0; i < 40; ++i) {
        last = environment.step(push);
        ASSERT_FALSE(last.end);
        EXPECT_GE(position()[axis], limits.workspace_min_m[axis] - 1e-9);
        EXPECT_LE(position()[axis], limits.workspace_max_m[axis] + 1e-9);
      }
      const double face = sign > 0 ? limits.workspace_max_m[axis] : limits.workspace_min_m[axis];
      EXPECT_NEAR(position()[axis], face, 1e-9) << "axis " << axis << " towards " << sign;
      EXPECT_NEAR(last.executed_action[axis].item<float>(), 0.0f, 1e-6f);
    }
  }
}

TEST_F(ManipulationEnvironmentTest, OutsideTheWorkspaceEveryCommandLeadsBackOrNowhere) {
  cell_.config.limits.workspace_max_m[2] = 0.1;  // the start pose lies above
  auto environment = cell_.make();
  environment.reset(1);
  const double z = position().z();
  ASSERT_GT(z, 0.15);
  EXPECT_FLOAT_EQ(environment.step(action({0, 0, 1})).executed_action[2].item<float>(), 0.0f);
  EXPECT_NEAR(position().z(), z, 1e-9);
  EXPECT_FLOAT_EQ(environment.step(action({0, 0, -1})).executed_action[2].item<float>(), -1.0f);
  EXPECT_NEAR(position().z(), z - 0.02, 1e-9);
}

TEST_F(ManipulationEnvironmentTest, TheToolTiltsNoFurtherThanAllowed) {
  cell_.config.max_steps = 100;
  for (int axis = 3; axis < 6; ++axis) {
    for (const float sign : {-1.0f, 1.0f}) {
      auto environment = cell_.make();
      environment.reset(1);
      auto turn = at::zeros({7});
      turn[axis] = sign;
      Observation observation;
      for (int i = 0; i < 30; ++i) observation = environment.step(turn).obs;
      EXPECT_NEAR(observation.at("proprio")[axis].item<float>(), sign, 1e-5f) << "1 is max_rotation_rad";
    }
  }
}

// Turned far about the vertical, a turn about x moves the rotation vector along y as well.
TEST_F(ManipulationEnvironmentTest, TheToolTiltsNoFurtherThanAllowedWhereItIsTurnedFar) {
  cell_.config.max_steps = 300;
  cell_.config.limits.angular_speed_rad_s = 1.0;
  cell_.config.limits.max_rotation_rad = {0.1, 0.1, 1.2};
  auto environment = cell_.make();
  environment.reset(1);
  for (int i = 0; i < 20; ++i) environment.step(action({0, 0, 0, 0, 0, 1}));
  Observation observation;
  for (int turn = 0; turn < 8; ++turn) {
    const float x = turn & 1 ? 1 : -1, y = turn & 2 ? 1 : -1, z = turn & 4 ? 0 : 1;
    for (int i = 0; i < 10; ++i) {
      const Step step = environment.step(action({0, 0, 0, x, y, z}));
      for (int k = 3; k < 6; ++k) {
        EXPECT_LE(std::abs(step.obs.at("proprio")[k].item<float>()), 1.01f) << "component " << k << ", turn " << turn;
      }
      EXPECT_LE(step.executed_action.abs().max().item<float>(), 1.0f);
    }
  }
}

TEST_F(ManipulationEnvironmentTest, ASetPointIsKeptInTheWorkspaceTooAndItsStateMustBeSound) {
  cell_.config.max_steps = 100;
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.target_ahead_m = Eigen::Vector3d(0.03, 0, 0);
  for (int i = 0; i < 30; ++i) environment.step(action({1}));
  EXPECT_NEAR(position().x(), 0.25 - 0.03, 1e-9) << "the set-point is at the face, the tool behind it";
  EXPECT_FLOAT_EQ(environment.step(action({-1})).executed_action[0].item<float>(), -1.0f);
  cell_.arm.target_ahead_m = Eigen::Vector3d(std::nan(""), 0, 0);
  EXPECT_EQ(environment.step(action({})).end, EndReason::kCommsLoss);
}

TEST_F(ManipulationEnvironmentTest, AFingerGripperShowsItsOpeningWhereACupShowsItsVacuum) {
  cell_.config.gripper_signal = GripperSignal::kWidth;
  cell_.config.width_scale_m = 0.04;
  cell_.gripper.width_m = 0.03;
  auto environment = cell_.make();
  EXPECT_EQ(environment.spec().observation.find("proprio")->fields.back(), "width");
  EXPECT_NEAR(environment.reset(1).at("proprio")[12].item<float>(), 0.75f, 1e-6);
}

TEST_F(ManipulationEnvironmentTest, ForceUpToTheLimitPassesAndBeyondStopsTheAttempt) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.force_N = {0, 0, cell_.config.limits.max_force_N};
  EXPECT_FALSE(environment.step(action({})).end);
  cell_.arm.force_N.z() += 1e-3;
  const int stops = cell_.arm.stops;
  EXPECT_EQ(environment.step(action({})).end, EndReason::kSafetyStop);
  EXPECT_GT(cell_.arm.stops, stops) << "the arm holds still";
  EXPECT_TRUE(environment.spec().safety_stop_is_terminal);
  EXPECT_THROW(environment.step(action({})), std::logic_error);
}

// Held, and as high as attempts start: success at the first step.
TEST_F(ManipulationEnvironmentTest, TheFirstSuccessEndsTheEpisodeWhereAskedTo) {
  cell_.gripper.holds = true;
  const auto hold = action({0, 0, 0, 0, 0, 0, 1});
  auto going_on = cell_.make();
  EXPECT_EQ(going_on.spec().sparse_reward, (SparseReward{.success_ends = false}));
  going_on.reset(1);
  const auto first = going_on.step(hold);
  EXPECT_TRUE(first.success);
  EXPECT_FALSE(first.end);
  cell_.config.ends_at_success = true;
  auto ending = cell_.make();
  EXPECT_EQ(ending.spec().sparse_reward, (SparseReward{.success_ends = true}));
  ending.reset(1);
  EXPECT_FALSE(ending.step(action({0, 0, 0, 0, 0, 0, -1})).end);
  const auto last = ending.step(hold);
  EXPECT_EQ(last.end, EndReason::kSuccess);
  EXPECT_EQ(last.reward, 1.0);
  EXPECT_THROW(ending.step(hold), std::logic_error);
  ending.reset(1);
  cell_.arm.protective_stop_at_s = 0;
  EXPECT_EQ(ending.step(hold).end, EndReason::kSafetyStop) << "the graver news";
}

TEST_F(ManipulationEnvironmentTest, ATaskSaysWhetherAProtectiveStopIsTerminal) {
  VacuumGraspTask task({.safety_stop_is_terminal = false}, std::make_unique<test::EmptyScene>());
  const ManipulationEnvironment environment(cell_.config,
                                            {cell_.clock, cell_.arm, cell_.gripper, {&cell_.camera}, task});
  EXPECT_FALSE(environment.spec().safety_stop_is_terminal);
}

TEST_F(ManipulationEnvironmentTest, ADevicesProtectiveStopEndsTheEpisode) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.protective_stop_at_s = cell_.clock.now() + 1.5 * dt_;
  EXPECT_FALSE(environment.step(action({})).end);
  EXPECT_EQ(environment.step(action({})).end, EndReason::kSafetyStop);
}

TEST_F(ManipulationEnvironmentTest, AProtectiveStopIsGraverThanALostLink) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.gripper.status = DeviceStatus::kLinkLost;
  cell_.arm.protective_stop_at_s = 0;
  EXPECT_EQ(environment.step(action({})).end, EndReason::kSafetyStop);
}

TEST_F(ManipulationEnvironmentTest, ALostLinkEndsTheEpisodeAsCutOff) {
  for (const bool reported : {true, false}) {
    FakeCell cell;
    cell.arm.reports_loss = reported;
    auto environment = cell.make();
    environment.reset(1);
    cell.arm.link_lost_at_s = cell.clock.now();
    Step step;
    int steps = 0;
    do step = environment.step(action({})), ++steps;
    while (!step.end);
    EXPECT_EQ(step.end, EndReason::kCommsLoss);
    EXPECT_EQ(steps, reported ? 1 : 3) << "unreported, the state is too old after 0.3 s";
  }
}

TEST_F(ManipulationEnvironmentTest, StateIsTooOldJustBeyondItsLimit) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.state_age_s = cell_.config.limits.max_state_age_s - 1e-6;
  const Step step = environment.step(action({}));
  EXPECT_FALSE(step.end);
  EXPECT_NEAR(step.timing_us.at("state_age"), 250e3, 1.0);
  cell_.arm.state_age_s += 2e-6;
  EXPECT_EQ(environment.step(action({})).end, EndReason::kCommsLoss);
}

TEST_F(ManipulationEnvironmentTest, ACameraWithoutNewPicturesEndsTheEpisode) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.camera.stale_from_s = cell_.clock.now() + 0.05;
  Step step;
  int steps = 0;
  do step = environment.step(action({})), ++steps;
  while (!step.end);
  EXPECT_EQ(step.end, EndReason::kCommsLoss);
  EXPECT_EQ(steps, 3) << "three pictures like the one before, sooner than 0.5 s of age";
  FakeCell cell;
  cell.config.limits.frozen_images = 0;
  auto other = cell.make();
  other.reset(1);
  cell.camera.stale_from_s = cell.clock.now() + 0.05;
  for (steps = 1; !(step = other.step(action({}))).end; ++steps) {
  }
  EXPECT_EQ(step.end, EndReason::kCommsLoss);
  EXPECT_GT(step.timing_us.at("image_age"), 500e3);
  EXPECT_EQ(steps, 6);
}

TEST_F(ManipulationEnvironmentTest, AFrozenPictureUnderNewTimeStampsIsDetected) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.camera.frozen_from_s = cell_.clock.now() + 2.5 * dt_;
  std::vector<bool> ended(5);
  for (auto end : ended) end = environment.step(action({})).end.has_value();
  EXPECT_EQ(ended, (std::vector<bool>{false, false, false, false, true})) << "steps 3, 4, 5 look like step 2";
}

TEST_F(ManipulationEnvironmentTest, ACameraThatReportsALostLinkEndsTheEpisode) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.camera.status = DeviceStatus::kLinkLost;
  EXPECT_EQ(environment.step(action({})).end, EndReason::kCommsLoss);
}

TEST_F(ManipulationEnvironmentTest, TheResetFailsWhileADeviceIsNotReady) {
  auto environment = cell_.make();
  cell_.arm.protective_stop_at_s = 0;
  expect_throws<ResetFailed>([&] { environment.reset(1); }, "safety_stop");
  cell_.arm.protective_stop_at_s = test::kNever;
  cell_.arm.refuses_reset = true;
  expect_throws<ResetFailed>([&] { environment.reset(1); }, "a person has to free the fake arm");
  EXPECT_THROW(environment.step(action({})), std::logic_error);
  cell_.arm.refuses_reset = false;
  environment.reset(1);
  EXPECT_FALSE(environment.step(action({})).end);
}

TEST_F(ManipulationEnvironmentTest, AfterADeviceThrewOnlyAResetHelps) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.arm.throw_at_s = cell_.clock.now() + 0.05;
  expect_throws<EnvironmentError>([&] { environment.step(action({})); }, "the fake arm broke");
  cell_.arm.throw_at_s = test::kNever;
  EXPECT_THROW(environment.step(action({})), std::logic_error);
  environment.reset(2);
  EXPECT_NO_THROW(environment.step(action({})));
}

TEST_F(ManipulationEnvironmentTest, TheTimeLimitCutsOffAndStopsTheArm) {
  auto environment = cell_.make();
  environment.reset(1);
  for (int i = 1; i < 20; ++i) ASSERT_FALSE(environment.step(action({1})).end) << i;
  EXPECT_EQ(environment.step(action({1})).end, EndReason::kTimeLimit);
  const auto x = position();
  cell_.clock.advance(1.0);
  EXPECT_TRUE(position().isApprox(x, 1e-12)) << "no motion without a command";
}

TEST_F(ManipulationEnvironmentTest, LateStepsAreRecordedAndTheNextHasAWholePeriod) {
  auto environment = cell_.make();
  environment.reset(1);
  EXPECT_EQ(environment.step(action({})).timing_us.at("late"), 0.0);
  cell_.clock.advance(0.03);  // a slow policy, still in time
  EXPECT_NEAR(environment.step(action({})).timing_us.at("late"), 30e3, 1.0);
  EXPECT_EQ(environment.step(action({})).timing_us.at("late"), 0.0) << "the tick was kept";
  cell_.clock.advance(0.25);
  const double start = cell_.clock.now();
  EXPECT_NEAR(environment.step(action({})).timing_us.at("late"), 250e3, 1.0);
  EXPECT_NEAR(cell_.clock.now(), start + dt_, 1e-9);
}

TEST_F(ManipulationEnvironmentTest, LatencyDelaysTheMotionNotTheStep) {
  cell_.arm.latency_s = 0.05;
  auto environment = cell_.make();
  environment.reset(1);
  const double x = position().x();
  environment.step(action({1}));
  EXPECT_NEAR(position().x() - x, 0.2 * 0.05, 1e-9);
  environment.step(action({1}));
  EXPECT_NEAR(position().x() - x, 0.2 * 0.15, 1e-9);
}

TEST_F(ManipulationEnvironmentTest, StandbyHoldsStill) {
  auto environment = cell_.make();
  environment.reset(1);
  environment.step(action({1}));
  environment.standby();
  const auto x = position();
  cell_.clock.advance(1.0);
  EXPECT_TRUE(position().isApprox(x, 1e-12));
}

TEST_F(ManipulationEnvironmentTest, RewardsEachStepInWhichSomethingIsHeldAboveTheBin) {
  auto environment = cell_.make();
  environment.reset(1);
  cell_.gripper.holds = true;
  EXPECT_EQ(environment.step(action({0, 0, 0, 0, 0, 0, -1})).reward, 0.0) << "no suction";
  Step step = environment.step(action({0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(step.reward, 1.0);
  EXPECT_TRUE(step.success);
  EXPECT_FALSE(step.end) << "the attempt goes on: the item is to be held";
  while (position().z() >= 0.15) step = environment.step(action({0, 0, -1, 0, 0, 0, 1}));
  EXPECT_EQ(step.reward, 0.0) << "held, but not above the bin";
}

TEST_F(ManipulationEnvironmentTest, ARobotKnowsNothingPrivileged) {
  auto environment = cell_.make();
  EXPECT_EQ(environment.spec().observation.find("privileged"), nullptr);
  EXPECT_EQ(environment.spec().observation.entries.size(), 2u);
}

}  // namespace
}  // namespace onramp
