// The environment of every manipulation task, written once over the devices: what guards the robot is what the simulator
// exercises all day. Actions are [v_x v_y v_z w_x w_y w_z gripper] in [-1, 1]; 1 is `linear_speed_m_s`, `angular_speed_rad_s`
// and closed (> 0 closes). Seen from a step: the set-point moves by speed times period. With `gripper_stays_closed` the
// gripper holds what it was given, and actions are the first six.
//
// Each step: check the action, scale it, keep tool point and tilt inside the workspace, command, wait for the next tick,
// read, check (protective stop, force, age of state and images, frozen camera), let the task judge, observe. A command is
// valid for a period and a half, and is clamped for that long: a late step finds the arm still, and inside. Whatever is
// thrown on the way, the arm is stopped first. What a device's latency adds to a motion is not foreseen: leave a margin of
// speed times latency around what the tool may not touch. Of a compliant arm the set-point is kept inside as well: it can lag
// behind, or swing by up to a centimetre at full speed, but nothing draws it out.
// Observation: one uint8 [H,W,3] entry a camera; `proprio` float32 [13]: position and rotation of the tool, their velocities,
// vacuum or opening of the gripper, each scaled to about 1; `object` float32 (where the task shows its objects' state to
// policies); `privileged` (flagged; where the scene knows more): kToolFields, then the scene's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "onramp/base/clock.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/task.h"

namespace onramp {

/// What the tool may do, whatever a policy asks for.
struct ManipulationLimits {
  double linear_speed_m_s = 0.2;                                  ///< of the tool point along each axis, at action 1
  double angular_speed_rad_s = 0.3;                               ///< about each axis, at action 1
  std::array<double, 3> workspace_min_m = {-0.25, -0.21, 0.005};  ///< of the tool point, in the task frame
  std::array<double, 3> workspace_max_m = {0.25, 0.21, 0.32};
  /// Of the tool away from straight down: each component of its rotation vector, in the base frame.
  std::array<double, 3> max_rotation_rad = {0.2, 0.2, 0.2};
  double max_force_N = 60.0;      ///< on the tool; above it the attempt is stopped
  double max_state_age_s = 0.25;  ///< older state or images: the link is taken to be lost
  double max_image_age_s = 0.5;
  int64_t frozen_images = 0;  ///< stop after so many identical pictures in a row; 0: off (a simulator's may be equal)
};

/// What of the gripper is observed.
enum class GripperSignal : uint8_t { kVacuum, kWidth };

/// Geometry, timing and limits of a manipulation environment.
struct ManipulationConfig {
  std::array<double, 3> task_origin_m = {0.0, 0.0,
                                         0.0};  ///< origin of the task frame in the arm's base frame (axes parallel)
  double control_period_s = 0.1;
  int64_t max_steps = 60;
  GripperSignal gripper_signal = GripperSignal::kVacuum;
  bool gripper_stays_closed = false;  ///< throughout, also between attempts; policies do not command it
  bool ends_at_success = false;       ///< the first success ends the episode, whether or not the task would go on
  double vacuum_scale_Pa = 60e3;      ///< vacuum that reads 1 in `proprio`
  double width_scale_m = 0.08;        ///< opening that reads 1 in `proprio`
  double position_scale_m = 0.2;      ///< distance from the middle of the workspace that reads 1 in `proprio`
  ManipulationLimits limits;
};

/// First fields of `privileged`, in units of the task frame: position_m[3], rotation_rad[3] away from straight down,
/// vacuum_Pa or width_m (GripperSignal), force_N. What the scene knows follows.
inline constexpr int64_t kToolFields = 8;

/// The devices must outlive the environment.
struct ManipulationDevices {
  Clock& clock;
  Arm& arm;
  Gripper& gripper;
  std::vector<Camera*> cameras;
  Task& task;
};

/// Not thread-safe.
class ManipulationEnvironment final : public Environment {
 public:
  /// @throws ConfigError for limits that do not limit (not a number, an empty workspace, a force beyond 150 N, ...)
  ManipulationEnvironment(ManipulationConfig config, ManipulationDevices devices);
  /// Leaves the arm holding still.
  ~ManipulationEnvironment() override;
  ManipulationEnvironment(const ManipulationEnvironment&) = delete;
  ManipulationEnvironment& operator=(const ManipulationEnvironment&) = delete;

  const EnvSpec& spec() const override { return spec_; }
  Observation reset(uint64_t seed) override;
  Step step(const at::Tensor& action) override;
  void standby() override;

 private:
  struct Command {
    Twist twist;
    double closing = 0.0;
    std::array<float, 7> executed{};
  };
  void stop_arm() noexcept;
  double command_valid_s() const;
  Command limit(const std::array<float, 7>& action) const;
  double closing_at(float action) const;
  void limit_to(const Eigen::Isometry3d& X_BaseTool, Twist& twist) const;
  double gripper_value() const;
  /// Reads everything; @return a reason to stop, if there is one.
  std::optional<EndReason> sense();
  Observation observe();
  void proprioception(std::vector<float>& values) const;

  const ManipulationConfig config_;
  ManipulationDevices devices_;
  EnvSpec spec_;
  Signals signals_;
  std::vector<const Image*> images_;
  std::vector<uint64_t> image_hashes_;
  std::vector<int64_t> same_images_;  // in a row, by camera
  double state_age_s_ = 0.0, image_age_s_ = 0.0;
  double next_tick_s_ = 0.0;
  int64_t steps_ = 0;
  bool running_ = false;
};

/// @throws ConfigError naming the limit that does not limit.
void check_config(const ManipulationConfig& config);

/// @throws ActionError unless `action` is float32 [dim], finite and in [-1, 1] (1e-6 of rounding is let pass).
void check_action(const at::Tensor& action, int64_t dim);

}  // namespace onramp
