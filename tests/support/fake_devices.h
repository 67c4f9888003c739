// Devices without a robot, which do at once or fail as told: what proves the safety limits.
#pragma once

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "onramp/base/clock.h"
#include "onramp/base/error.h"
#include "onramp/envs/devices.h"
#include "onramp/envs/manipulation_environment.h"
#include "onramp/envs/task.h"
#include "onramp/envs/vacuum_grasp_task.h"

namespace onramp::test {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// Moves exactly as commanded, `latency_s` later.
class FakeArm final : public Arm {
 public:
  explicit FakeArm(Clock& clock) : clock_(clock) {}

  double latency_s = 0.0;
  double protective_stop_at_s = kNever, link_lost_at_s = kNever, throw_at_s = kNever;
  double state_age_s = 0.0;  ///< how old what it reports is
  bool refuses_reset = false;
  Eigen::Vector3d force_N = Eigen::Vector3d::Zero();
  std::optional<Eigen::Vector3d> target_ahead_m;  ///< compliant: its set-point is so far ahead of the tool

  ArmState read() override {
    const double now = clock_.now();
    if (now >= throw_at_s) throw EnvironmentError("the fake arm broke");
    advance(now);
    ArmState state{.X_BaseTcp = X_,
                   .velocity = twist_,
                   .f_Tcp_Base_N = force_N,
                   .status = DeviceStatus::kOk,
                   .stamp_s = std::min(now, link_lost_at_s) - state_age_s};
    if (target_ahead_m) {
      state.X_BaseTarget = X_;
      state.X_BaseTarget->translation() += *target_ahead_m;
    }
    if (now >= link_lost_at_s && reports_loss) state.status = DeviceStatus::kLinkLost;
    if (now >= protective_stop_at_s) state.status = DeviceStatus::kProtectiveStop;
    return state;
  }
  void command(const Twist& twist, double valid_for_s) override {
    advance(clock_.now());
    last_command = twist;
    pending_.push_back({clock_.now() + latency_s, twist, valid_for_s});
  }
  void stop() override {
    advance(clock_.now());
    pending_.clear();
    twist_ = {};
    ++stops;
  }
  void move_to(const Eigen::Isometry3d& X_BaseTcp) override {
    if (refuses_reset) throw ResetFailed("a person has to free the fake arm");
    X_ = X_BaseTcp;
    moved_at_s_ = clock_.now();
  }

  bool reports_loss = true;  ///< else only its time stamps stand still
  Twist last_command;
  int stops = 0;

 private:
  void advance(double now) {
    while (!pending_.empty() && pending_.front().due_s <= now) {
      move_until(std::max(moved_at_s_, pending_.front().due_s));
      twist_ = pending_.front().twist;
      valid_until_s_ = pending_.front().due_s + pending_.front().valid_for_s;
      pending_.pop_front();
    }
    move_until(now);
  }
  void move_until(double until) {
    integrate(std::min(until, valid_until_s_));
    if (until > valid_until_s_) twist_ = {};
    integrate(until);
  }
  void integrate(double until) {
    const double dt = std::max(0.0, until - moved_at_s_);
    X_.translation() += twist_.linear_m_s * dt;
    const double angle = twist_.angular_rad_s.norm() * dt;
    if (angle > 0) X_.linear() = Eigen::AngleAxisd(angle, twist_.angular_rad_s.normalized()) * X_.linear();
    moved_at_s_ = std::max(moved_at_s_, until);
  }

  Clock& clock_;
  Eigen::Isometry3d X_ = Eigen::Isometry3d::Identity();
  Twist twist_;
  struct Pending {
    double due_s;
    Twist twist;
    double valid_for_s;
  };
  std::deque<Pending> pending_;
  double valid_until_s_ = kNever;
  double moved_at_s_ = 0.0;
};

class FakeGripper final : public Gripper {
 public:
  explicit FakeGripper(Clock& clock) : clock_(clock) {}
  bool holds = false;  ///< whether suction finds something
  DeviceStatus status = DeviceStatus::kOk;
  double closing = 0.0, width_m = 0.0;
  double state_age_s = 0.0;  ///< how old a state is when it arrives

  GripperState read() override {
    return {.vacuum_Pa = holds ? closing * 50e3 : 0.0,
            .width_m = width_m,
            .status = status,
            .stamp_s = clock_.now() - state_age_s};
  }
  void command(double value) override { closing = value; }

 private:
  Clock& clock_;
};

/// Every picture differs from the last, until it freezes.
class FakeCamera final : public Camera {
 public:
  explicit FakeCamera(ManualClock& clock, std::string name = "wrist") : clock_(clock), name_(std::move(name)) {
    image_ = {.width = 8, .height = 8, .rgb = std::vector<uint8_t>(192 /* 8 x 8 x 3 */)};
  }
  double stale_from_s = kNever;   ///< no new pictures from then on
  double frozen_from_s = kNever;  ///< the same picture under new time stamps from then on
  double takes_s = 0.0;           ///< how long a picture takes to arrive
  DeviceStatus status = DeviceStatus::kOk;

  const std::string& name() const override { return name_; }
  int64_t width() const override { return image_.width; }
  int64_t height() const override { return image_.height; }
  const Image& capture() override {
    clock_.advance(takes_s);
    image_.status = status;
    if (clock_.now() >= stale_from_s) return image_;
    image_.stamp_s = clock_.now();
    if (clock_.now() >= frozen_from_s) return image_;
    const auto shade = static_cast<uint8_t>(std::llround(clock_.now() * 1000) % 251);
    std::fill(image_.rgb.begin(), image_.rgb.end(), shade);
    return image_;
  }

 private:
  ManualClock& clock_;
  std::string name_;
  Image image_;
};

class EmptyScene final : public Scene {
 public:
  void reset(Rng&) override {}
};

/// A robot that is not there, and the environment over it.
struct FakeCell {
  ManualClock clock;
  FakeArm arm{clock};
  FakeGripper gripper{clock};
  FakeCamera camera{clock};
  VacuumGraspTask task{{.bin_m = {0.5, 0.1, 0.2}}, std::make_unique<EmptyScene>()};
  ManipulationConfig config = [] {
    ManipulationConfig c{.task_origin_m = {0.5, 0.1, 0.2}, .max_steps = 20};
    c.limits.frozen_images = 3;
    return c;
  }();

  ManipulationEnvironment make() { return {config, {clock, arm, gripper, {&camera}, task}}; }
};

}  // namespace onramp::test
